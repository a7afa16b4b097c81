#include "nn/runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "nn/decoder.h"
#include "tests/nn/tiny_model.h"

namespace automodel::nn {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

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

/// How often each block runs.
class CountingRunner final : public BlockRunner {
 public:
  explicit CountingRunner(BlockRunner& inner) : inner_(inner) {}
  Tensors run(std::int64_t layer, const BlockFunction& block, const Tensors& inputs) override {
    const auto counted = [&calls = calls_[layer], block](const Tensors& given) {
      ++calls;
      return block(given);
    };
    return inner_.run(layer, counted, inputs);
  }
  const std::map<std::int64_t, int>& calls() const { return calls_; }

 private:
  BlockRunner& inner_;
  std::map<std::int64_t, int> calls_;
};

struct TunedBlock {
  Tensor loss;
  std::vector<Tensor> gradients;
  std::map<std::int64_t, int> calls;
};

/// Only the weights of block 1, of three, are trained.
TunedBlock tune_middle(BlockRunner& inner) {
  auto parameters = tiny_parameters(tiny_spec());
  for (auto& parameter : parameters.all()) {
    parameter.value.requires_grad_(parameter.spec.layer == 1);
  }
  const auto tokens = tiny_tokens({7, 12});
  const Decoder decoder(tiny_spec(), parameters);
  CountingRunner runner(inner);
  Ports ports;
  const Tensor hidden = decoder.hidden(tokens, {.training = true}, runner, ports);
  TunedBlock out{.loss = ops::linear_cross_entropy(hidden, decoder.head(), tokens.labels_t, {}),
                 .gradients = {},
                 .calls = {}};
  out.loss.backward();
  for (const auto& parameter : parameters.trained()) {
    out.gradients.push_back(parameter.value.grad());
  }
  out.calls = runner.calls();
  return out;
}

TEST(RecomputeRunner, FrozenBlocksBelowAllThatIsTrainedRunOnce) {
  LocalRunner keep;
  RecomputeRunner recompute;
  const auto kept = tune_middle(keep);
  const auto recomputed = tune_middle(recompute);
  EXPECT_THAT(recomputed.calls, ElementsAre(Pair(0, 1), Pair(1, 2), Pair(2, 2)));
  EXPECT_TRUE(at::equal(kept.loss, recomputed.loss));
  ASSERT_FALSE(kept.gradients.empty());
  for (std::size_t i = 0; i < kept.gradients.size(); ++i) {
    EXPECT_TRUE(at::equal(kept.gradients[i], recomputed.gradients[i])) << i;
  }
}

}  // namespace
}  // namespace automodel::nn
