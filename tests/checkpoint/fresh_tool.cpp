// What tests/parity/test_init.py calls: writes the fresh weights of a config.json.
//     fresh_tool CONFIG_FOLDER OUT_FOLDER SEED

#include <fmt/format.h>

#include "base/error.h"
#include "checkpoint/export.h"

namespace automodel::checkpoint {
namespace {

void write_fresh(const std::string& config, const std::string& out, const std::string& seed) {
  const auto source = open_model(config, {.weights = false});
  const auto parameters = nn::initialise(source.spec, at::kFloat, std::stoull(seed));
  export_hf_folder(out, source, parameters, {.dtype = at::kFloat});
}

}  // namespace
}  // namespace automodel::checkpoint

int main(int argc, char** argv) {
  try {
    automodel::check(argc == 4, automodel::ErrorKind::invalid_argument, "expected 3 arguments");
    automodel::checkpoint::write_fresh(argv[1], argv[2], argv[3]);
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "error: {}\n", error.what());
    return 1;
  }
}
