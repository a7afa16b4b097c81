#pragma once
// automodel data: shows what a model would be trained on.

#include "base/command.h"

namespace automodel::cli {

/// `automodel data --dataset FILE --tokenizer FOLDER`: lengths, share of tokens learnt, checks and
/// the first rows with what is learnt marked; --json prints every row's ids and labels instead.
/// Ends with bad_input if a row cannot be used or a check fails that is an error.
Command data_command();

}  // namespace automodel::cli
