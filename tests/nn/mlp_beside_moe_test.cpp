#include "nn/mlp_beside_moe.h"

#include <gtest/gtest.h>

#include "tests/nn/tiny_model.h"

namespace automodel::nn {
namespace {

spec::MlpBesideMoe some() {
  return {.mlp = {.inner = 16},
          .moe = {.experts = 5,
                  .per_token = 2,
                  .inner = 12,
                  .router = {.norm = spec::Norm{}, .input_scale = 0.5, .expert_scale = true}},
          .norm = {}};
}

Tensor normed(const Tensor& x_td, const Tensor& weight_d) {
  return x_td * (x_td.square().mean(-1, true) + 1e-6).rsqrt() * weight_d;
}

TEST(MlpBesideMoeBlock, AddsBothBranchesBehindTheirNorms) {
  const auto spec = some();
  auto model = tiny_spec();
  model.layers[0].ffn = spec;
  const auto parameters = tiny_parameters(model);
  const std::string prefix = "model.layers.0.";
  const auto weight = [&](const std::string& name) {
    return parameters.at(prefix + name + ".weight");
  };
  const Tensor normed_td = at::randn({4, 24});
  const Tensor x_td = at::randn({4, 24});
  Ports ports;
  const Tensor dense =
      MlpBlock(spec.mlp, parameters, prefix + "mlp.").forward(normed_td, {}, ports);
  const Tensor routed =
      MoeBlock(spec.moe, parameters, prefix + "mlp.")
          .forward(normed(x_td, weight("pre_feedforward_layernorm_2")), x_td, {}, ports);
  const Tensor both =
      MlpBesideMoeBlock(spec, parameters, prefix).forward(normed_td, x_td, {}, ports);
  EXPECT_TRUE(at::allclose(both,
                           normed(dense, weight("post_feedforward_layernorm_1")) +
                               normed(routed, weight("post_feedforward_layernorm_2")),
                           1e-4, 1e-5));
}

}  // namespace
}  // namespace automodel::nn
