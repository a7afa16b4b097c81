#include "cli/commands.h"

#include "cli/commands/commands.h"
#include "cli/engine.h"
#include "cli/inputs.h"
#include "usage/trace.h"

namespace automodel::cli {
namespace {

/// For a command whose line names a model and nothing else that is fetched.
template <typename Line>
Command model_command() {
  return engine_command<Line>([](const Line& line) { bring_model(line.model, line.revision); });
}

}  // namespace

Program program() {
  const Command train = engine_command<usage::Train>(bring_for_train);
  return {
      .name = "automodel",
      .summary = "fine-tunes and pre-trains Hugging Face models from recipes",
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
              engine_command<usage::Bench>(bring_for_bench),
              data_command(),
              engine_command<usage::Generate>(bring_for_generate),
              diff_command(),
              report_command(),
              engine_command<usage::Merge>(bring_for_merge),
              engine_command<usage::Convert>(bring_for_convert),
              model_command<usage::Trace>(),
              tokenize_command(),
              doctor_command(),
              completion_command(),
              man_command(),
          },
      .run_recipe = train.run,
      .example = "automodel recipe.yaml --smoke",
  };
}

}  // namespace automodel::cli
