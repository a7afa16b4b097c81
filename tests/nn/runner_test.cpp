#include "nn/runner.h"

#include <gtest/gtest.h>

#include "nn/decoder.h"
#include "tests/nn/tiny_model.h"

namespace automodel::nn {
namespace {

void expect_bit_equal_gradients(const spec::ModelSpec& model) {
  const auto tokens = tiny_tokens({7, 12});
  std::vector<std::vector<Tensor>> gradients;
  LocalRunner keep;
  RecomputeRunner recompute;
  for (BlockRunner* runner :
       {static_cast<BlockRunner*>(&keep), static_cast<BlockRunner*>(&recompute)}) {
    const auto parameters = tiny_parameters(model);
    const Decoder decoder(model, parameters);
    Ports ports;
    const Tensor hidden = decoder.hidden(tokens, {.training = true}, *runner, ports);
    ops::linear_cross_entropy(hidden, decoder.head(), tokens.labels_t, {}).backward();
    gradients.emplace_back();
    for (const auto& parameter : parameters.all()) {
      ASSERT_TRUE(parameter.value.grad().defined()) << parameter.spec.name;
      gradients.back().push_back(parameter.value.grad().to_dense());
    }
  }
  for (std::size_t i = 0; i < gradients[0].size(); ++i) {
    EXPECT_TRUE(at::equal(gradients[0][i], gradients[1][i])) << i;
  }
}

TEST(RecomputeRunner, GradientsAreBitEqual) { expect_bit_equal_gradients(tiny_spec()); }

/// Two layers take the keys and values of the first, and all have inputs of their own.
TEST(RecomputeRunner, GradientsOfWhatLayersShareAreBitEqual) {
  auto model = tiny_spec();
  model.layer_inputs = spec::LayerInputs{.vocab_size = 61, .dim = 6, .norm = {}};
  for (auto& layer : model.layers) {
    layer.input = spec::LayerInput{.dim = 6};
  }
  std::get<spec::Gqa>(model.layers[1].mixer).kv_layer = 0;
  std::get<spec::Gqa>(model.layers[2].mixer).kv_layer = 0;
  expect_bit_equal_gradients(model);
}

}  // namespace
}  // namespace automodel::nn
