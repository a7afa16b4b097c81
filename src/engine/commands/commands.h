#pragma once
// What makes each command that needs LibTorch.

#include "base/command.h"

namespace automodel::engine {

/// `automodel bench RECIPE [overrides]`: speed and memory of the recipe's training step.
Command bench_command();
/// `automodel convert MODEL OUT`: a model, also a .gguf file, as a Hugging Face folder.
Command convert_command();
/// `automodel data` for recipes whose model is a .gguf file.
Command data_command();
/// `automodel describe FILE.gguf`: as automodel's own command, which does folders itself.
Command describe_command();
/// What `automodel doctor` asks this program.
Command doctor_command();
/// `automodel generate MODEL [PROMPT]`: an answer, streamed to the terminal.
Command generate_command();
/// `automodel merge ADAPTER OUT`: a LoRA adapter and its base as one Hugging Face folder.
Command merge_command();
Command plan_command();
/// `automodel trace MODEL BATCH OUT`: what the model computes on given batches.
Command trace_command();
/// `automodel train RECIPE [overrides]`, which is also `automodel RECIPE [overrides]`.
Command train_command();

}  // namespace automodel::engine
