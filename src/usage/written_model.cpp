#include "usage/written_model.h"

#include <CLI/CLI.hpp>

#include "base/number_range.h"

namespace automodel::usage {

void WrittenModel::declare(CLI::App& app) {
  app.add_option(
         "--dtype", dtype,
         "of the written weights: auto (as the model is stored), float32, bfloat16, float16")
      ->capture_default_str();
  app.add_option("--max-shard-size", max_shard_bytes, "largest weight file, e.g. 5GB; default 50GB")
      ->transform(CLI::AsSizeValue(/*kb_is_1000=*/true))
      ->transform(above(0));  // what is added last sees the word first
}

}  // namespace automodel::usage
