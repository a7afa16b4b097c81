#include "nn/norm.h"

#include <gtest/gtest.h>

#include "nn/decoder.h"
#include "tests/nn/tiny_model.h"

namespace automodel::nn {
namespace {

TEST(NormLayer, TakesWeightsAndOptionsFromSpecAndName) {
  Parameters parameters;
  parameters.add({.name = "n.weight", .shape = {8}}, at::full({8}, 0.5));
  parameters.add({.name = "n.bias", .shape = {8}}, at::full({8}, 2.0));
  const spec::Norm layer{
      .kind = spec::Norm::Kind::layer, .eps = 1e-3, .has_bias = true, .weight_offset = 1};
  const Tensor x = at::randn({2, 8});
  const Tensor expected = at::layer_norm(x, {8}, at::full({8}, 1.5), at::full({8}, 2.0), 1e-3);
  EXPECT_TRUE(at::allclose(norm_layer(layer, parameters, "n")(x), expected, 1e-4, 1e-5));
  EXPECT_FALSE(norm_layer({.has_weight = false}, parameters, "n").weight_d.defined());
}

}  // namespace
}  // namespace automodel::nn
