#pragma once
// What the commands that use a model with an adapter share.

#include <filesystem>
#include <optional>
#include <string>

#include "checkpoint/adapter.h"
#include "checkpoint/model_folder.h"
#include "data/text_context.h"

namespace automodel::engine {

/// The tokenizer and templates beside the adapter, with which it was trained; none if there is no
/// tokenizer. `base` is written with them from then on, and ends answers as they say.
std::optional<data::TextContext> use_adapter_text(checkpoint::ModelFolder& base,
                                                  const std::filesystem::path& adapter);

/// The base model `name` with config.json as the adapter was trained beside it: with the classes of
/// its head, in place of a head of the base's own, and if it lies in a checkpoint with what the run
/// changed and what it called the classes. Throws as checkpoint::open_model.
checkpoint::ModelFolder open_base_of(const checkpoint::PeftAdapter& adapter,
                                     const std::string& name, const std::string& revision);

/// The base model's parameters with the adapter behind them; says on stderr if a run trained it
/// beside other files than the base model's. Throws as checkpoint::with_adapter.
nn::Parameters attach_adapter(nn::Parameters parameters, const checkpoint::PeftAdapter& adapter,
                              const checkpoint::ModelFolder& base);

}  // namespace automodel::engine
