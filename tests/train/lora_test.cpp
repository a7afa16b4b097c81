#include "train/lora.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "tests/spec/routed_experts.h"
#include "train/tiny_model.h"

namespace automodel::train {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

nn::Parameters tiny_weights(bool tied_head = true) {
  return nn::initialise(tiny_spec({.tied_head = tied_head}), at::kFloat, 1);
}

std::vector<spec::LoraModule> modules(bool tied_head = true) {
  return spec::lora_modules(spec::parameters(tiny_spec({.tied_head = tied_head})), {});
}

spec::ModelSpec routed_spec() { return spec::with_experts(tiny_spec()); }

std::vector<spec::LoraModule> routed_modules() { return spec::expert_modules(routed_spec()); }

TEST(AttachLora, ExpertsHaveMatricesEach) {
  auto parameters = nn::initialise(routed_spec(), at::kFloat, 1);
  const auto report =
      attach_lora(parameters, routed_modules(), {.target_modules = {"experts"}, .dim = 3}, 1);
  const std::string prefix = "model.layers.1.mlp.experts.";
  EXPECT_EQ(parameters.at(prefix + "gate_up_proj.lora_A.weight").sizes(),
            (std::vector<std::int64_t>{4, 3, 16}));
  EXPECT_EQ(parameters.at(prefix + "up_proj.lora_B.weight").sizes(),
            (std::vector<std::int64_t>{4, 8, 3}));
  const auto gate = parameters.adapter(prefix + "gate_proj");
  ASSERT_TRUE(gate.has_value());
  EXPECT_TRUE(gate->a_ri.is_same(parameters.adapter(prefix + "up_proj")->a_ri));
  EXPECT_THAT(parameters.trained(), SizeIs(2 + 1 + 1 + 1));
  EXPECT_THAT(report.roles, ::testing::Contains(AdaptedRole{spec::Role::experts, 2, 2}));
}

TEST(AttachLora, FreezesTheBaseAndAddsAdapters) {
  auto parameters = tiny_weights();
  attach_lora(parameters, modules(), {.target_modules = {"q_proj"}, .dim = 4, .alpha = 8}, 1);
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
  auto parameters = tiny_weights(false);
  const auto report =
      attach_lora(parameters, modules(false), {.exclude_modules = {"lm_head", "q_proj", "qq"}}, 1);
  EXPECT_THAT(report.roles,
              ElementsAre(AdaptedRole{spec::Role::attention, 6, 8},
                          AdaptedRole{spec::Role::mlp, 6, 6}, AdaptedRole{spec::Role::head, 0, 1}));
  EXPECT_THAT(report.idle_excludes, ElementsAre("qq"));
}

Tensor first_a(const config::Peft& peft, std::uint64_t seed) {
  auto parameters = tiny_weights();
  attach_lora(parameters, modules(), peft, seed);
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
  const auto beside = [](at::ScalarType dtype, const config::Peft& peft) {
    auto parameters = nn::initialise(tiny_spec(), dtype, 1);
    attach_lora(parameters, modules(), peft, 1);
    return parameters.trained().front().value.scalar_type();
  };
  EXPECT_EQ(beside(at::kBFloat16, {}), at::kBFloat16);
  EXPECT_EQ(beside(at::kHalf, {}), at::kFloat);
  EXPECT_EQ(beside(at::kHalf, {.lora_dtype = "float16"}), at::kHalf);
}

TEST(AttachLora, DoraIsRefused) {
  auto parameters = tiny_weights();
  EXPECT_THROW(attach_lora(parameters, modules(), {.use_dora = true}, 1), Error);
}

TEST(TrainAll, EveryParameter) {
  auto parameters = tiny_weights();
  train_all(parameters);
  EXPECT_EQ(parameters.trained().size(), parameters.all().size());
}

TEST(TrainClassHead, TrainsTheHeadOfAClassifierAlone) {
  const auto spec = spec::as_classifier(tiny_spec(), 3);
  auto parameters = nn::initialise(spec, at::kFloat, 1);
  const Tensor stored = parameters.at("score.weight");
  attach_lora(parameters, spec::lora_modules(spec::parameters(spec), {}),
              {.target_modules = {"q_proj"}}, 1);
  train_class_head(parameters, spec);
  EXPECT_THAT(parameters.trained(), SizeIs(2 * 2 + 1));
  EXPECT_TRUE(parameters.at("score.weight").requires_grad());
  EXPECT_FALSE(parameters.at("score.weight").is_alias_of(stored)) << "it may be mapped";
  auto language_model = tiny_weights(false);
  attach_lora(language_model, modules(false), {.target_modules = {"q_proj"}}, 1);
  train_class_head(language_model, tiny_spec({.tied_head = false}));
  EXPECT_THAT(language_model.trained(), SizeIs(4));
}

}  // namespace
}  // namespace automodel::train
