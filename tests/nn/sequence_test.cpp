#include "nn/sequence.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/nn/tiny_model.h"

namespace automodel::nn {
namespace {

TEST(RopeFrequencies, FollowTheScalings) {
  spec::Rope rope{.theta = 10000, .dim = 8};
  const Tensor plain = rope_frequencies(rope, 10).inverse_r;
  EXPECT_NEAR(plain[1].item<double>(), 0.1, 1e-7);  // 10000^(-2/8)

  rope.scaling = spec::LinearScaling{4};
  EXPECT_TRUE(at::allclose(rope_frequencies(rope, 10).inverse_r, plain / 4));

  rope.scaling = spec::Llama3Scaling{
      .factor = 8, .low_freq_factor = 1, .high_freq_factor = 4, .original_positions = 64};
  const Tensor llama3 = rope_frequencies(rope, 10).inverse_r;
  EXPECT_NEAR(llama3[0].item<double>(), 1, 1e-7);          // wavelength 6.3 < 64 / 4: kept
  EXPECT_NEAR(llama3[3].item<double>(), 0.001 / 8, 1e-9);  // wavelength 6283 > 64: divided
}

TEST(RopeFrequencies, APartOfTheHeadTurnsAtTheWholeHeadsFrequencies) {
  spec::Rope rope{.theta = 100, .dim = 8};
  const Tensor plain = rope_frequencies(rope, 10).inverse_r;
  rope.scaling = spec::ProportionalScaling{.turned = 4, .factor = 2};
  const Tensor kept = at::tensor({1, 1, 0, 0}, at::kFloat);
  EXPECT_TRUE(at::equal(rope_frequencies(rope, 10).inverse_r, plain * kept / 2));
}

TEST(RopeFrequencies, SomeDependOnTheLength) {
  spec::Rope rope{.theta = 100, .dim = 4, .scaling = spec::DynamicScaling{2, 16}};
  EXPECT_TRUE(at::equal(rope_frequencies(rope, 5).inverse_r, rope_frequencies(rope, 16).inverse_r));
  EXPECT_FALSE(
      at::equal(rope_frequencies(rope, 17).inverse_r, rope_frequencies(rope, 16).inverse_r));

  rope.scaling = spec::LongRopeScaling{.short_factor = {1, 2},
                                       .long_factor = {3, 4},
                                       .attention_factor = 1.2,
                                       .original_positions = 16};
  EXPECT_NEAR(rope_frequencies(rope, 16).inverse_r[0].item<double>(), 1, 1e-6);
  EXPECT_NEAR(rope_frequencies(rope, 17).inverse_r[0].item<double>(), 1 / 3.0, 1e-6);
  EXPECT_EQ(rope_frequencies(rope, 1).attention_factor, 1.2);
}

TEST(RopeFrequencies, LongRopeNeedsOneFactorAPair) {
  const spec::Rope rope{.theta = 100,
                        .dim = 8,
                        .scaling = spec::LongRopeScaling{
                            .short_factor = {1}, .long_factor = {1}, .original_positions = 4}};
  EXPECT_THROW(rope_frequencies(rope, 2), Error);
}

TEST(RopeTables, LengthDependentScalingsAreEvaluatedPerDocument) {
  const spec::Rope rope{.theta = 100, .dim = 4, .scaling = spec::DynamicScaling{2, 8}};
  const auto packed = rope_tables(rope, tiny_tokens({20, 5}), at::kFloat);
  const auto alone = rope_tables(rope, tiny_tokens({5}), at::kFloat);
  EXPECT_TRUE(at::equal(packed.cos_tr.slice(0, 20), alone.cos_tr));
}

TEST(RopeTables, MayKeepFloat32) {
  const auto tokens = tiny_tokens({3});
  spec::Rope rope{.theta = 100, .dim = 8};
  EXPECT_EQ(rope_tables(rope, tokens, at::kBFloat16).cos_tr.scalar_type(), at::kBFloat16);
  rope.in_float32 = true;
  EXPECT_EQ(rope_tables(rope, tokens, at::kBFloat16).cos_tr.scalar_type(), at::kFloat);
}

TEST(PositionTemperature, GrowsByTurnsOrByAPower) {
  const Tensor positions = at::tensor({0, 3, 9}, at::kLong);
  spec::PositionTemperature temperature{.beta = 0.5, .period = 4, .offset = 1};
  EXPECT_TRUE(at::allclose(position_temperature(temperature, positions),
                           1 + 0.5 * at::log(at::tensor({1.0F, 2.0F, 3.0F}))));
  temperature.growth = spec::PositionTemperature::Growth::power;
  EXPECT_TRUE(at::allclose(position_temperature(temperature, positions),
                           at::pow(at::tensor({1.25F, 2.0F, 3.5F}), 0.5)));
}

TEST(AtStep, DropoutIsOffOutsideTrainingAndSeededByMicroBatch) {
  const ops::Linear layer{at::zeros({1, 1}), Tensor(),
                          ops::Adapter{.dropout = 0.1, .dropout_seed = 4}};
  EXPECT_EQ(at_step(layer, {.training = false}).adapter->dropout, 0);
  const auto a = at_step(layer, {.training = true, .dropout_seed = 1});
  const auto b = at_step(layer, {.training = true, .dropout_seed = 2});
  EXPECT_EQ(a.adapter->dropout, 0.1);
  EXPECT_NE(a.adapter->dropout_seed, b.adapter->dropout_seed);
}

}  // namespace
}  // namespace automodel::nn
