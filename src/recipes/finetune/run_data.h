#pragma once
// The data sets of a run, checked before the first step.

#include "checkpoint/model_folder.h"
#include "corpus/run_data.h"

namespace automodel::recipes {

using corpus::loader_options;
using corpus::mean_row_tokens;
using corpus::OnPreparation;
using corpus::pack_options;
using corpus::RunData;
using corpus::validation_section;

/// corpus::load_run_data for an opened model, which may be a .gguf file.
RunData load_run_data(const config::Recipe& recipe, const checkpoint::ModelFolder& source,
                      const OnPreparation& on_preparation = {});

/// corpus::loader_options for the training rows, of which those are refused that the model cannot
/// take.
data::LoaderOptions loader_options(const config::Recipe& recipe, const RunData& data,
                                   const spec::ModelSpec& spec);

/// Has the model exported with the tokenizer and the chat template that the recipe trains it with,
/// where they are not its own, and with the ends of answers that they teach it. Throws as
/// corpus::open_text.
void set_trained_text(const config::Recipe& recipe, checkpoint::ModelFolder& source);

/// The tokenizer and the templates of a folder, a tokenizer's file or a .gguf file.
/// Throws Error(not_found | unsupported | corrupt_data).
data::TextContext open_tokenizer(const std::filesystem::path& path);

/// What data must fit of an opened model.
corpus::ModelFacts model_facts(const checkpoint::ModelFolder& source);

}  // namespace automodel::recipes
