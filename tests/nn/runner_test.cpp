#include "nn/runner.h"

#include <gtest/gtest.h>

#include "nn/decoder.h"
#include "tests/nn/tiny_model.h"

namespace automodel::nn {
namespace {

TEST(RecomputeRunner, GradientsAreBitEqual) {
  const auto model = tiny_spec();
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
      gradients.back().push_back(parameter.value.grad());
    }
  }
  for (std::size_t i = 0; i < gradients[0].size(); ++i) {
    EXPECT_TRUE(at::equal(gradients[0][i], gradients[1][i])) << i;
  }
}

}  // namespace
}  // namespace automodel::nn
