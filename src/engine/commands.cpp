#include "engine/commands.h"

#include <torch/version.h>

#include "engine/commands/commands.h"

namespace automodel::engine {

Program program() {
  return {
      .name = "automodel-engine",
      .summary = "the commands of automodel that need LibTorch; started by automodel",
      .version = "automodel-engine " AM_VERSION ", LibTorch " TORCH_VERSION,
      .commands =
          {
              train_command(),
              bench_command(),
              convert_command(),
              data_command(),
              describe_command(),
              doctor_command(),
              generate_command(),
              merge_command(),
              plan_command(),
              trace_command(),
          },
  };
}

}  // namespace automodel::engine
