#include "engine/commands.h"

#include <torch/version.h>

#include "engine/commands/bench.h"
#include "engine/commands/convert.h"
#include "engine/commands/data.h"
#include "engine/commands/describe.h"
#include "engine/commands/doctor.h"
#include "engine/commands/generate.h"
#include "engine/commands/merge.h"
#include "engine/commands/trace.h"
#include "engine/commands/train.h"

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
              trace_command(),
          },
  };
}

}  // namespace automodel::engine
