#include "train/generate.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "tests/nn/tiny_model.h"

namespace automodel::train {
namespace {

using at::Tensor;

parallel::ShardedModel tiny() {
  const auto spec = nn::tiny_spec();
  return {spec, nn::tiny_parameters(spec), {}};
}

TEST(NextToken, GreedyTakesTheLargestAndPenaltyMovesIt) {
  const Tensor logits = at::tensor({1.0F, 3.0F, 2.9F});
  EXPECT_EQ(next_token(logits, {}, {}, 0), 1);
  const std::vector<std::int32_t> seen = {1};
  EXPECT_EQ(next_token(logits, {.repetition_penalty = 1.1}, seen, 0), 2);
}

TEST(NextToken, TopKAndTopPNeverLeaveTheirSets) {
  const Tensor logits = at::tensor({0.0F, 1.0F, 2.0F, 3.0F});
  for (std::int64_t step = 0; step < 200; ++step) {
    EXPECT_GE(next_token(logits, {.temperature = 5, .top_k = 2}, {}, step), 2);
    EXPECT_EQ(next_token(logits, {.temperature = 1, .top_p = 0.5}, {}, step), 3);
  }
}

TEST(NextToken, DrawsFollowTheProbabilities) {
  const Tensor logits = at::tensor({0.0F, std::log(3.0F)});
  int ones = 0;
  for (std::int64_t step = 0; step < 2000; ++step) {
    ones += next_token(logits, {.temperature = 1}, {}, step);
  }
  EXPECT_NEAR(ones, 1500, 100);  // five standard deviations
}

TEST(NextToken, RefusesOptionsOutOfRange) {
  EXPECT_THROW(next_token(at::zeros({2}), {.temperature = -1}, {}, 0), Error);
  EXPECT_THROW(next_token(at::zeros({2}), {.top_p = 0}, {}, 0), Error);
}

TEST(NextToken, RefusesScoresThatAreNoNumbers) {
  const Tensor logits = at::zeros({2});
  logits[0] = std::numeric_limits<float>::quiet_NaN();
  for (const double temperature : {0, 1}) {
    EXPECT_THROW(next_token(logits, {.temperature = temperature}, {}, 0), Error);
  }
}

void expect_as_without_a_cache(const parallel::ShardedModel& model) {
  const std::vector<std::int32_t> prompt = {5, 22, 39};
  const auto cached =
      generate(model, prompt, {.max_new_tokens = 8}, [](std::int32_t) { return true; });
  std::vector<std::int64_t> ids(prompt.begin(), prompt.end());
  for (const auto id : cached.ids) {
    const auto count = static_cast<std::int64_t>(ids.size());
    const Tensor all = model.logits({.ids_t = at::tensor(ids),
                                     .positions_t = at::arange(count),
                                     .cu_seqlens = {0, static_cast<std::int32_t>(count)}});
    EXPECT_EQ(all[-1].argmax().item<std::int64_t>(), id);
    ids.push_back(id);
  }
  EXPECT_EQ(cached.finish, Finish::length);
}

TEST(Generate, EqualsRunningTheWholeSequenceEachTime) { expect_as_without_a_cache(tiny()); }

TEST(Generate, LongRopeTurnsAllKeysAnewWhereARowBecomesLong) {
  auto spec = nn::tiny_spec();
  for (auto& layer : spec.layers) {
    auto& rope = *std::get<spec::Gqa>(layer.mixer).rope;
    const auto count = static_cast<std::size_t>(rope.dim / 2);
    rope.scaling = spec::LongRopeScaling{.short_factor = std::vector<double>(count, 1),
                                         .long_factor = std::vector<double>(count, 7),
                                         .original_positions = 6};
  }
  const auto parameters = nn::tiny_parameters(spec);
  expect_as_without_a_cache({spec, parameters, {}});
}

TEST(Generate, StopsAtStopTokensAndWhenAsked) {
  const auto model = tiny();
  const std::vector<std::int32_t> prompt = {5, 22, 39};
  const auto free =
      generate(model, prompt, {.max_new_tokens = 6}, [](std::int32_t) { return true; });
  const auto stopped = generate(model, prompt, {.max_new_tokens = 6, .stop_ids = {free.ids[1]}},
                                [](std::int32_t) { return true; });
  EXPECT_LE(stopped.ids.size(), 2U);
  EXPECT_EQ(stopped.finish, Finish::stop_token);
  const auto asked = generate(model, prompt, {}, [](std::int32_t) { return false; });
  EXPECT_EQ(asked.ids.size(), 1U);
}

TEST(Generate, RefusesPromptsThatDoNotFit) {
  const auto model = tiny();
  const auto go = [](std::int32_t) { return true; };
  EXPECT_THROW(generate(model, {}, {}, go), Error);
  EXPECT_THROW(generate(model, std::vector<std::int32_t>(64, 1), {}, go), Error);
}

}  // namespace
}  // namespace automodel::train
