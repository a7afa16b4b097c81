#include "train/non_finite.h"

#include <gtest/gtest.h>

#include "train/tiny_model.h"

namespace automodel::train {
namespace {

std::string explain(const parallel::ShardedModel& model) {
  const std::vector<nn::Tokens> batches = {tiny_tokens()};
  return explain_non_finite(model, batches);
}

TEST(ExplainNonFinite, AWeight) {
  auto model = tiny_model();
  weight(model, "model.layers.0.self_attn.q_proj.weight")[1][2] = INFINITY;
  EXPECT_EQ(explain(model), "the weight model.layers.0.self_attn.q_proj.weight");
}

TEST(ExplainNonFinite, ALayersOutput) {
  auto model = tiny_model();
  weight(model, "model.layers.1.mlp.down_proj.weight").fill_(3e38);
  EXPECT_EQ(explain(model),
            "the output of layer 1 for micro-batch 0, though every weight is finite");
}

TEST(ExplainNonFinite, TheEmbeddingOrTheFinalNorm) {
  auto model = tiny_model();
  weight(model, "model.norm.weight").fill_(3e38);
  EXPECT_EQ(explain(model), "the final norm for micro-batch 0, though every weight is finite");
}

TEST(ExplainNonFinite, AGradientTheOneNearestTheLoss) {
  auto model = tiny_model();
  for (auto& parameter : model.parameters().all()) {
    parameter.value.mutable_grad() = at::full_like(parameter.value, NAN).detach();
  }
  EXPECT_EQ(explain(model),
            "the gradient of model.norm.weight, though every weight and layer output is finite");
}

TEST(ExplainNonFinite, NothingFound) { EXPECT_EQ(explain(tiny_model()), "the loss alone"); }

}  // namespace
}  // namespace automodel::train
