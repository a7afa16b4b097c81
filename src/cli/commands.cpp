#include "cli/commands.h"

#include "cli/commands/data.h"
#include "cli/commands/describe.h"
#include "cli/commands/diff.h"
#include "cli/commands/download.h"
#include "cli/commands/models.h"
#include "cli/commands/plan.h"
#include "cli/commands/render_template.h"
#include "cli/commands/report.h"
#include "cli/commands/tokenize.h"
#include "cli/commands/validate.h"
#include "cli/engine.h"
#include "cli/inputs.h"
#include "config/run_options.h"

namespace automodel::cli {
namespace {

void bring_for_train(Arguments arguments) { bring_recipe(arguments, config::kTrainOptions); }
void bring_for_bench(Arguments arguments) { bring_recipe(arguments, config::kBenchOptions); }

/// For a command whose first word is a model or an adapter.
Bring bring_words(ModelWords words) {
  return [words = std::move(words)](Arguments arguments) { bring_models(arguments, words); };
}

}  // namespace

Program program() {
  const Command train = engine_command("train", "Train by a recipe", bring_for_train);
  return {
      .name = "automodel",
      .summary = "fine-tunes, pre-trains and distils Hugging Face models from recipes",
      .version = "automodel " AM_VERSION,
      .commands =
          {
              validate_command(),
              plan_command(),
              models_command(),
              describe_command(),
              render_template_command(),
              download_command(),
              train,
              engine_command("bench", "Measure a recipe's training step", bring_for_bench),
              data_command(),
              engine_command("generate", "Write text with a model",
                             bring_words({.flags = {"--raw"}, .models = {"--adapter"}})),
              diff_command(),
              report_command(),
              engine_command("merge", "Merge an adapter into its base model",
                             bring_words({.models = {"--base"}})),
              engine_command("convert", "Convert a checkpoint to another format", bring_words({})),
              engine_command(
                  "trace",
                  "Write logits, loss and gradients of one batch, to compare implementations",
                  bring_words({.flags = {"--recompute"}})),
              tokenize_command(),
          },
      .run_recipe = train.run,
  };
}

}  // namespace automodel::cli
