#include "checkpoint/adapter_layout.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

namespace automodel::checkpoint {
namespace {

using ::testing::ElementsAre;

constexpr std::int64_t kRank = 2;

/// Two experts of width 3, inner width 5.
std::vector<spec::LoraModule> expert_modules(const spec::WeightNames& names) {
  const auto linear = [](const std::string& name, std::vector<std::int64_t> shape) {
    return spec::ParamSpec{.name = name + ".weight",
                           .shape = std::move(shape),
                           .role = spec::Role::experts,
                           .is_linear = true};
  };
  return spec::lora_modules({linear("experts.gate", {2, 5, 3}), linear("experts.up", {2, 5, 3}),
                             linear("experts.down", {2, 3, 5})},
                            names);
}

spec::WeightNames fused() {
  return {.renames = {{"experts.gate.weight", "experts.gate_up"},
                      {"experts.up.weight", "experts.gate_up"},
                      {"experts.down.weight", "experts.down"}}};
}

ModuleAdapter random_adapter(const spec::LoraModule& module) {
  ModuleAdapter out{.module = module, .a = at::randn(module.a_shape(kRank)), .b = {}};
  for (const auto& piece : module.weight.pieces) {
    out.b.push_back(at::randn(module.b_shape(kRank, piece)));
  }
  return out;
}

void expect_round_trip(const spec::LoraModule& module) {
  const auto adapter = random_adapter(module);
  const auto file = to_peft(adapter);
  const auto shapes = peft_shapes(module, kRank);
  EXPECT_EQ(file.a.sizes(), shapes.a) << module.name;
  EXPECT_EQ(file.b.sizes(), shapes.b) << module.name;
  const auto back = from_peft(module, file, kRank);
  EXPECT_EQ(back.rank(), kRank);
  EXPECT_TRUE(at::equal(back.a, adapter.a)) << module.name;
  ASSERT_EQ(back.b.size(), adapter.b.size());
  for (std::size_t i = 0; i < adapter.b.size(); ++i) {
    EXPECT_TRUE(at::equal(back.b[i], adapter.b[i])) << module.name;
  }
}

/// PEFT's update of a parameter [experts, rows, columns].
Tensor peft_update(const PeftMatrices& file, std::int64_t experts) {
  const Tensor a_eri = file.a.reshape({experts, -1, file.a.size(1)});
  const Tensor b_ore = file.b.reshape({file.b.size(0), -1, experts});
  return at::einsum("ore,eri->eoi", {b_ore, a_eri});
}

TEST(AdapterLayout, OfFusedExpertsIsPefts) {
  const auto modules = expert_modules(fused());
  ASSERT_EQ(modules.size(), 2);
  const auto adapter = random_adapter(modules[0]);
  const auto file = to_peft(adapter);
  EXPECT_THAT(file.a.sizes(), ElementsAre(4, 3));
  EXPECT_THAT(file.b.sizes(), ElementsAre(10, 4));
  EXPECT_TRUE(at::allclose(peft_update(file, 2),
                           at::cat({adapter.b[0], adapter.b[1]}, 1).matmul(adapter.a)));
}

TEST(AdapterLayout, OfTransposedExpertsThatPeftTakesForOthers) {
  auto names = fused();
  names.transposed = names.untold = {"experts.gate_up", "experts.down"};
  const auto modules = expert_modules(names);
  const auto adapter = random_adapter(modules[0]);
  const auto file = to_peft(adapter);
  EXPECT_THAT(file.a.sizes(), ElementsAre(4, 10));
  EXPECT_TRUE(
      at::allclose(peft_update(file, 2),
                   at::cat({adapter.b[0], adapter.b[1]}, 1).matmul(adapter.a).transpose(1, 2)));
}

TEST(AdapterLayout, EveryLayoutComesBack) {
  auto transposed = fused();
  transposed.transposed = {"experts.gate_up", "experts.down"};
  auto interleaved = transposed;
  interleaved.groups = {{"experts.gate_up", 5}};
  auto swapped = transposed;
  swapped.untold = swapped.transposed;
  for (const auto& names : {fused(), transposed, interleaved, swapped}) {
    for (const auto& module : expert_modules(names)) {
      expect_round_trip(module);
    }
  }
}

TEST(PeftPrefixes, TheLastParameterOfAModuleIsOutermost) {
  const auto modules = expert_modules(fused());
  EXPECT_THAT(peft_prefixes(modules), ElementsAre("experts.base_layer", "experts"));
  EXPECT_THAT(peft_prefixes(std::span(modules).first(1)), ElementsAre("experts"));
}

TEST(PeftTargets, ShortNamesWhereAllOfANameAreMeant) {
  const auto linear = [](const std::string& name, spec::Role role) {
    return spec::ParamSpec{
        .name = name + ".weight", .shape = {3, 3}, .role = role, .is_linear = true};
  };
  const auto modules = spec::lora_modules(
      {linear("h.0.attn.q", spec::Role::attention), linear("h.0.mlp.gate", spec::Role::router),
       linear("h.0.experts.q", spec::Role::experts), linear("h.1.attn.k", spec::Role::attention),
       linear("h.1.mlp.gate", spec::Role::router)},
      {.renames = {}});
  const auto all = peft_targets(modules, modules);
  EXPECT_THAT(all.modules, ElementsAre("k", "h.0.attn.q"));  // another q is a parameter
  EXPECT_THAT(all.parameters, ElementsAre("gate.weight", "h.0.experts.q.weight"));
  const auto first = peft_targets(modules, std::span(modules).first(2));
  EXPECT_THAT(first.modules, ElementsAre("h.0.attn.q"));
  EXPECT_THAT(first.parameters, ElementsAre("h.0.mlp.gate.weight"));
}

}  // namespace
}  // namespace automodel::checkpoint
