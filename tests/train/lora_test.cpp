#include "train/lora.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "train/tiny_model.h"

namespace automodel::train {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

nn::Parameters tiny(bool tied_head = true) {
  return nn::initialise(tiny_spec({.tied_head = tied_head}), at::kFloat, 1);
}

std::string message(const nn::Parameters& parameters, const config::Peft& peft) {
  try {
    lora_targets(parameters, peft);
  } catch (const Error& error) {
    return error.message();
  }
  return "no error";
}

TEST(LoraTargets, BareNamesMatchTheLastPart) {
  EXPECT_THAT(lora_targets(tiny(), {.target_modules = {"q_proj", "down_proj"}}),
              ElementsAre("model.layers.0.self_attn.q_proj", "model.layers.0.mlp.down_proj",
                          "model.layers.1.self_attn.q_proj", "model.layers.1.mlp.down_proj"));
}

TEST(LoraTargets, FullNamesAndWildcards) {
  EXPECT_THAT(lora_targets(tiny(), {.target_modules = {"model.layers.1.*.q_proj"}}),
              ElementsAre("model.layers.1.self_attn.q_proj"));
  EXPECT_THAT(lora_targets(tiny(), {.target_modules = {"*.layers.0.*"}}), SizeIs(7));
}

TEST(LoraTargets, NothingGivenMeansEveryProjection) {
  EXPECT_THAT(lora_targets(tiny(false), {}), SizeIs(14));
}

TEST(LoraTargets, AllLinear) {
  EXPECT_THAT(lora_targets(tiny(), {.match_all_linear = true}), SizeIs(14));
}

TEST(LoraTargets, ExcludeMeansEveryOtherLinear) {
  EXPECT_THAT(lora_targets(tiny(false), {.exclude_modules = {"lm_head", "*mlp*"}}), SizeIs(8));
}

TEST(LoraTargets, APatternWithoutMatchIsAnErrorWithNearNames) {
  EXPECT_THAT(message(tiny(), {.target_modules = {"q_porj"}}),
              HasSubstr("'q_porj' matches no linear layer of the model; did you mean 'q_proj'"));
  EXPECT_THAT(message(tiny(), {.target_modules = {"query_key_value"}}), HasSubstr("it has q_proj"));
  EXPECT_THAT(message(tiny(), {.target_modules = {"model.layers.7.self_attn.q_proj"}}),
              HasSubstr("model.layers.1.self_attn.q_proj"));
}

TEST(LoraTargets, NothingLeft) {
  EXPECT_THAT(message(tiny(), {.exclude_modules = {"*"}}), HasSubstr("nothing to train"));
}

TEST(LoraTargets, TheHeadIsRefused) {
  EXPECT_THAT(message(tiny(false), {.match_all_linear = true}),
              HasSubstr("lm_head) is not supported yet"));
}

TEST(AttachLora, FreezesTheBaseAndAddsAdapters) {
  auto parameters = tiny();
  attach_lora(parameters, {.target_modules = {"q_proj"}, .dim = 4, .alpha = 8}, 1);
  const auto trained = parameters.trained();
  ASSERT_THAT(trained, SizeIs(4));
  EXPECT_EQ(trained[0].spec.name, "model.layers.0.self_attn.q_proj.lora_A.weight");
  EXPECT_EQ(trained[0].value.sizes(), (std::vector<std::int64_t>{4, 16}));
  EXPECT_EQ(trained[1].spec.name, "model.layers.0.self_attn.q_proj.lora_B.weight");
  EXPECT_EQ(trained[1].value.sizes(), (std::vector<std::int64_t>{16, 4}));
  EXPECT_FALSE(trained[1].value.any().item<bool>());
  EXPECT_EQ(parameters.lora(), (nn::LoraOptions{.rank = 4, .scale = 2, .dropout_after = true}));
}

TEST(AttachLora, ReportsRoles) {
  auto parameters = tiny(false);
  const auto report = attach_lora(parameters, {.exclude_modules = {"lm_head", "q_proj", "qq"}}, 1);
  EXPECT_THAT(report.roles,
              ElementsAre(AdaptedRole{spec::Role::attention, 6, 8},
                          AdaptedRole{spec::Role::mlp, 6, 6}, AdaptedRole{spec::Role::head, 0, 1}));
  EXPECT_THAT(report.idle_excludes, ElementsAre("qq"));
}

Tensor first_a(const config::Peft& peft, std::uint64_t seed) {
  auto parameters = tiny();
  attach_lora(parameters, peft, seed);
  return parameters.trained()[0].value;
}

TEST(AttachLora, InitialValuesDependOnSeedAndNameOnly) {
  const Tensor a = first_a({.dim = 64}, 3);
  EXPECT_TRUE(at::equal(a, first_a({.target_modules = {"q_proj"}, .dim = 64}, 3)));
  EXPECT_FALSE(at::equal(a, first_a({.dim = 64}, 4)));
}

TEST(AttachLora, XavierNormalOrKaimingUniform) {
  const Tensor xavier = first_a({.dim = 64}, 3).detach();
  EXPECT_NEAR(xavier.std().item<double>(), std::sqrt(2.0 / (64 + 16)), 0.01);
  const Tensor kaiming = first_a({.dim = 64, .lora_a_init = "kaiming"}, 3).detach();
  EXPECT_NEAR(kaiming.abs().max().item<double>(), 0.25, 0.002);
  EXPECT_NEAR(kaiming.std().item<double>(), 0.25 / std::sqrt(3.0), 0.01);
}

TEST(AttachLora, DtypeOfTheAdapters) {
  EXPECT_EQ(first_a({}, 1).scalar_type(), at::kFloat);
  EXPECT_EQ(first_a({.lora_dtype = "bfloat16"}, 1).scalar_type(), at::kBFloat16);
}

TEST(AttachLora, DoraIsRefused) {
  auto parameters = tiny();
  EXPECT_THROW(attach_lora(parameters, {.use_dora = true}, 1), Error);
}

TEST(TrainAll, EveryParameter) {
  auto parameters = tiny();
  train_all(parameters);
  EXPECT_EQ(parameters.trained().size(), parameters.all().size());
}

}  // namespace
}  // namespace automodel::train
