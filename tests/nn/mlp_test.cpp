#include "nn/mlp.h"

#include <gtest/gtest.h>

#include "nn/decoder.h"
#include "tests/nn/tiny_model.h"

namespace automodel::nn {
namespace {

TEST(MlpBlock, PlainAndGatedFollowTheSpec) {
  Parameters parameters;
  const auto add = [&](const char* name, std::int64_t out, std::int64_t in) {
    parameters.add(
        {.name = std::string("model.layers.0.mlp.") + name + ".weight", .shape = {out, in}},
        at::randn({out, in}));
    return parameters.all().back().value;
  };
  const Tensor gate = add("gate_proj", 6, 4);
  const Tensor up = add("up_proj", 6, 4);
  const Tensor down = add("down_proj", 4, 6);
  const Tensor x = at::randn({3, 4});
  const auto forward = [&](bool gated) {
    const spec::Mlp spec{.inner = 6, .activation = spec::Activation::relu, .gated = gated};
    Ports ports;
    return MlpBlock(spec, parameters, "model.layers.0.mlp.").forward(x, {}, ports);
  };
  EXPECT_TRUE(at::allclose(forward(true), (at::relu(x.mm(gate.t())) * x.mm(up.t())).mm(down.t()),
                           1e-4, 1e-5));
  EXPECT_TRUE(at::allclose(forward(false), at::relu(x.mm(up.t())).mm(down.t()), 1e-4, 1e-5));
}

}  // namespace
}  // namespace automodel::nn
