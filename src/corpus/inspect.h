#pragma once
// The command `automodel data`, for both programs: what a model would be trained on, and whether
// that is right.

#include <functional>

#include "base/exit_code.h"
#include "corpus/inspect_options.h"
#include "corpus/model_facts.h"

namespace automodel::corpus {

using OpenModel = std::function<ModelFacts(const config::ModelSource& model)>;

/// `automodel data RECIPE` or `automodel data --dataset FILES --tokenizer FOLDER`: for each data
/// set its lengths, tokens by role, checks, beginnings and ends, duplicates, packing, speed, and
/// rows with what is learnt marked; --html writes the same as a page. --json prints ids and labels
/// of the training rows looked at, and the rest as errors. `open_model` opens the recipe's model,
/// `open_tokenizer` what --tokenizer names. Throws as check_options. Returns bad_input if a row
/// cannot be used or a check fails that is an error (--strict: any).
ExitCode inspect_data(const InspectOptions& options, const OpenModel& open_model,
                      const OpenTokenizer& open_tokenizer);

}  // namespace automodel::corpus
