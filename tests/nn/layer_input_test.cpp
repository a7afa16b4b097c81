#include "nn/layer_input.h"

#include <gtest/gtest.h>

#include <cmath>

#include "nn/decoder.h"
#include "tests/nn/tiny_model.h"

namespace automodel::nn {
namespace {

spec::ModelSpec spec_with_inputs() {
  auto model = tiny_spec();
  model.layer_inputs = spec::LayerInputs{.vocab_size = 61, .dim = 6, .norm = {}};
  for (auto& layer : model.layers) {
    layer.input = spec::LayerInput{.dim = 6};
  }
  return model;
}

TEST(LayerInputsTable, JoinsTheTokensRowAndTheProjectedStream) {
  const auto model = spec_with_inputs();
  const auto parameters = tiny_parameters(model);
  const Tensor ids_t = at::tensor({3, 60}, at::kLong);
  const Tensor x_td = at::randn({2, 24});
  const auto inputs = LayerInputsTable(model, parameters).forward(ids_t, x_td, {});
  ASSERT_EQ(inputs.size(), 3U);
  const auto rows = at::indexing::Slice(6, 12);
  Tensor stream = x_td.mm(parameters.at("model.per_layer_model_projection.weight").t())
                      .index({at::indexing::Slice(), rows}) /
                  std::sqrt(24.0);
  stream = stream * (stream.square().mean(-1, true) + 1e-6).rsqrt() *
           parameters.at("model.per_layer_projection_norm.weight");
  const Tensor own =
      parameters.at("model.embed_tokens_per_layer.weight").index({ids_t}).slice(1, 6, 12) *
      std::sqrt(6.0);
  EXPECT_TRUE(at::allclose(inputs[1], (stream + own) / std::sqrt(2.0), 1e-4, 1e-5));
}

TEST(LayerInputBranch, GatesTheInput) {
  const auto model = spec_with_inputs();
  const auto parameters = tiny_parameters(model);
  const LayerInputBranch branch(*model.layers[1].input, {}, parameters, "model.layers.1.");
  Sequence sequence;
  sequence.input_tp = at::zeros({4, 6});
  const Tensor x_td = at::randn({4, 24});
  EXPECT_TRUE(at::equal(branch.forward(x_td, sequence), x_td));
  sequence.input_tp = at::randn({4, 6});
  EXPECT_FALSE(at::equal(branch.forward(x_td, sequence), x_td));
}

}  // namespace
}  // namespace automodel::nn
