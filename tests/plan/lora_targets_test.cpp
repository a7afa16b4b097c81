#include "plan/lora_targets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/plan/small_model.h"
#include "tests/spec/routed_experts.h"

namespace automodel::plan {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

/// As Transformers would have it if it fused queries and keys, and renamed the rest of attention.
spec::WeightNames names() {
  return {.renames = {{"self_attn.q_proj", "attn.qk"},
                      {"self_attn.k_proj", "attn.qk"},
                      {"self_attn", "attn"},
                      {"attn.o_proj", "attn.dense"}}};
}

std::vector<spec::LoraModule> modules(bool tied_head = true, const spec::WeightNames& names = {}) {
  auto model = small_model();
  model.tied_head = tied_head;
  return spec::lora_modules(spec::parameters(model), names);
}

spec::ModelSpec routed_spec() { return spec::with_experts(small_model()); }

std::vector<spec::LoraModule> routed_modules() { return spec::expert_modules(routed_spec()); }

std::string message(const std::vector<spec::LoraModule>& modules, const config::Peft& peft) {
  try {
    lora_targets(modules, peft);
  } catch (const Error& error) {
    return error.message();
  }
  return "no error";
}

TEST(LoraTargets, BareNamesMatchTheLastPart) {
  EXPECT_THAT(lora_targets(modules(), {.target_modules = {"q_proj", "down_proj"}}),
              ElementsAre("model.layers.0.self_attn.q_proj", "model.layers.0.mlp.down_proj",
                          "model.layers.1.self_attn.q_proj", "model.layers.1.mlp.down_proj"));
}

TEST(LoraTargets, FullNamesAndWildcards) {
  EXPECT_THAT(lora_targets(modules(), {.target_modules = {"model.layers.1.*.q_proj"}}),
              ElementsAre("model.layers.1.self_attn.q_proj"));
  EXPECT_THAT(lora_targets(modules(), {.target_modules = {"*.layers.0.*"}}), SizeIs(7));
}

TEST(LoraTargets, NothingGivenMeansEveryProjection) {
  EXPECT_THAT(lora_targets(modules(false), {}), SizeIs(14));
}

TEST(LoraTargets, AllLinear) {
  EXPECT_THAT(lora_targets(modules(), {.match_all_linear = true}), SizeIs(14));
}

TEST(LoraTargets, ExcludeMeansEveryOtherLinear) {
  EXPECT_THAT(lora_targets(modules(false), {.exclude_modules = {"lm_head", "*mlp*"}}), SizeIs(8));
}

TEST(LoraTargets, APatternWithoutMatchIsAnErrorWithNearNames) {
  EXPECT_THAT(message(modules(), {.target_modules = {"q_porj"}}),
              HasSubstr("'q_porj' matches no linear layer of the model; did you mean 'q_proj'"));
  EXPECT_THAT(message(modules(), {.target_modules = {"all-linear"}}),
              HasSubstr("; match_all_linear: true adapts every linear layer"));
  for (const char* pattern : {"q_proj,v_proj", ".*(q|v)_proj"}) {
    EXPECT_THAT(
        message(modules(), {.target_modules = {pattern}}),
        HasSubstr("; a pattern is a name in which '*' is any text, and several are a list"));
  }
  EXPECT_THAT(message(modules(), {.target_modules = {"query_key_value"}}),
              HasSubstr("it has q_proj"));
  EXPECT_THAT(message(modules(), {.target_modules = {"model.layers.7.self_attn.q_proj"}}),
              HasSubstr("model.layers.1.self_attn.q_proj"));
}

TEST(LoraTargets, NothingLeft) {
  EXPECT_THAT(message(modules(), {.exclude_modules = {"*"}}), HasSubstr("nothing to train"));
}

TEST(LoraTargets, TheHeadUnlessItIsTied) {
  EXPECT_THAT(lora_targets(modules(false), {.match_all_linear = true}), SizeIs(15));
  EXPECT_THAT(lora_targets(modules(false), {.target_modules = {"lm_head"}}),
              ElementsAre("lm_head"));
  EXPECT_THAT(message(modules(), {.target_modules = {"lm_head"}}),
              HasSubstr("a head that is tied to the embedding has no adapter"));
}

TEST(LoraTargets, AnEmbeddingHasNone) {
  for (const char* name : {"embed_tokens", "model.embed_tokens", "wte"}) {
    EXPECT_THAT(message(modules(), {.target_modules = {"q_proj", name}}),
                HasSubstr("matches no linear layer of the model: an embedding has no adapter here; "
                          "leave it out, or train the whole model"));
  }
}

TEST(LoraTargets, AListThatWasReadAsATextIsTold) {
  EXPECT_THAT(message(modules(), {.target_modules = {"[q_proj]"}}),
              HasSubstr("'[q_proj]' matches no linear layer of the model; on the command line a "
                        "list has its texts in quotes: \"['q_proj', 'v_proj']\""));
}

TEST(LoraTargets, ARoleMeansItsLayers) {
  EXPECT_THAT(lora_targets(routed_modules(), {.target_modules = {"experts", "router"}}),
              ElementsAre("model.layers.1.mlp.gate", "model.layers.1.mlp.experts.gate_up_proj",
                          "model.layers.1.mlp.experts.down_proj"));
  EXPECT_THAT(lora_targets(routed_modules(), {.target_modules = {"attention"}}), SizeIs(8));
  EXPECT_THAT(lora_targets(routed_modules(), {.target_modules = {"mlp"}}), SizeIs(3));
  EXPECT_THAT(lora_targets(routed_modules(), {.target_modules = {"shared_experts"}}), SizeIs(3));
  EXPECT_THAT(lora_targets(routed_modules(), {.exclude_modules = {"attention", "experts"}}),
              SizeIs(3 + 1 + 3));
  EXPECT_THAT(message(modules(), {.target_modules = {"experts"}}),
              HasSubstr("'experts' matches no linear layer of the model (it is a role; the model "
                        "has attention, mlp)"));
}

TEST(LoraTargets, ExpertsByTheirNamesOrTheirModules) {
  const auto targets = [](const std::string& pattern) {
    return lora_targets(routed_modules(), {.target_modules = {pattern}});
  };
  EXPECT_THAT(targets("gate_up_proj"), ElementsAre("model.layers.1.mlp.experts.gate_up_proj"));
  EXPECT_THAT(targets("*.mlp.experts"), SizeIs(2));
  EXPECT_THAT(targets("down_proj"), SizeIs(3));
}

TEST(LoraTargets, APartOfALayerIsAnError) {
  const auto fused = modules(true, names());
  EXPECT_THAT(message(fused, {.target_modules = {"q_proj"}}),
              HasSubstr("'q_proj' matches no linear layer of the model: it is a part of 'qk' "
                        "(q_proj, k_proj in one), which has one adapter; name 'qk'"));
  EXPECT_THAT(message(fused, {.target_modules = {"*.1.self_attn.k_proj"}}),
              HasSubstr("name 'model.layers.1.attn.qk'"));
  EXPECT_THAT(message(fused, {.target_modules = {"o_proj"}}),
              HasSubstr("this model calls it 'dense'"));
  EXPECT_THAT(lora_targets(fused, {.target_modules = {"qk"}}),
              ElementsAre("model.layers.0.attn.qk", "model.layers.1.attn.qk"));
}

TEST(IdleExcludes, ArePatternsWithoutMatch) {
  EXPECT_THAT(idle_excludes(modules(), {.exclude_modules = {"q_proj", "vision*"}}),
              ElementsAre("vision*"));
}

}  // namespace
}  // namespace automodel::plan
