// What tests/parity/test_adapter.py calls: writes an adapter of random matrices for a model, as a
// training checkpoint does.
//     adapter_tool MODEL OUT_FOLDER LAYER    LAYER: its number, or "all"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "base/error.h"
#include "checkpoint/adapter.h"
#include "checkpoint/load.h"
#include "checkpoint/model_state.h"

namespace automodel::checkpoint {
namespace {

constexpr std::int64_t kRank = 3;

PeftAdapter random_adapter(const nn::Parameters& parameters, std::string_view layer) {
  at::manual_seed(5);
  PeftAdapter adapter{.path = "",
                      .base_model = "",
                      .options = {.rank = kRank, .scale = 10.0 / kRank, .dropout = 0.05},
                      .layers = {}};
  for (const auto& parameter : parameters.all()) {
    const auto& spec = parameter.spec;
    if (spec.is_linear && spec.layer >= 0 &&
        (layer == "all" || layer == std::to_string(spec.layer))) {
      const auto prefix = spec.name.substr(0, spec.name.rfind(".weight"));
      adapter.layers.push_back({prefix, 0.2 * at::randn({kRank, spec.shape[1]}),
                                0.2 * at::randn({spec.shape[0], kRank})});
    }
  }
  return adapter;
}

void write_adapter(const std::string& model, const std::string& out, std::string_view layer) {
  const auto source = open_model(model);
  auto parameters = load_parameters(source, std::nullopt, Use::freeze);
  const auto adapter = random_adapter(parameters, layer);
  parameters = with_adapter(std::move(parameters), adapter);
  std::filesystem::create_directories(out);
  write_model_state(out, source, parameters, Consolidated::yes);
}

}  // namespace
}  // namespace automodel::checkpoint

int main(int argc, char** argv) {
  try {
    automodel::check(argc == 4, automodel::ErrorKind::invalid_argument, "expected 3 arguments");
    automodel::checkpoint::write_adapter(argv[1], argv[2], argv[3]);
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "error: {}\n", error.what());
    return 1;
  }
}
