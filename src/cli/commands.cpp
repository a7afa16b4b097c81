#include "cli/commands.h"

#include "cli/commands/data.h"
#include "cli/commands/describe.h"
#include "cli/commands/diff.h"
#include "cli/commands/models.h"
#include "cli/commands/render_template.h"
#include "cli/commands/tokenize.h"
#include "cli/commands/validate.h"
#include "cli/engine.h"

namespace automodel::cli {

Program program() {
  return {
      .name = "automodel",
      .summary = "fine-tunes, pre-trains and distils Hugging Face models from recipes",
      .version = "automodel " AM_VERSION,
      .commands =
          {
              validate_command(),
              models_command(),
              describe_command(),
              render_template_command(),
              engine_command("train", "Train by a recipe"),
              engine_command("bench", "Measure a recipe's training step"),
              data_command(),
              engine_command("generate", "Write text with a model"),
              diff_command(),
              engine_command("merge", "Merge an adapter into its base model"),
              engine_command("convert", "Convert a checkpoint to another format"),
              engine_command(
                  "trace",
                  "Write logits, loss and gradients of one batch, to compare implementations"),
              tokenize_command(),
          },
      .run_recipe = [](Arguments arguments) -> ExitCode { run_engine("train", arguments); },
  };
}

}  // namespace automodel::cli
