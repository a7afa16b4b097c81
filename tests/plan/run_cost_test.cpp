#include "plan/run_cost.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "base/error.h"
#include "base/file.h"
#include "tests/plan/small_model.h"

namespace automodel::plan {
namespace {

using ::testing::HasSubstr;

const CostOptions kOptions{.machine = {.devices = 1,
                                       .memory_bytes = 1U << 30,
                                       .flops = 1e9,
                                       .bfloat16_flops = 4e9,
                                       .bandwidth = 1e9},
                           .row_tokens = 100};

TEST(CostOf, CountsAStep) {
  const auto cost = cost_of(small_recipe(), small_model(), kOptions);
  EXPECT_EQ(cost.micro_batches, 2);
  EXPECT_EQ(cost.step.batch.tokens(), 400);
  EXPECT_TRUE(cost.step.accumulates);
  EXPECT_EQ(cost.num_steps, 10);
  EXPECT_EQ(cost.model.trained, spec::num_parameters(small_model()));
  EXPECT_DOUBLE_EQ(cost.flops,
                   2 * 3 * spec::forward_flops(small_model(), {100, 100, 100, 100}, 400));
  EXPECT_GT(cost.seconds, cost.flops / 1e9);
}

TEST(CostOf, AutoRecomputesTheLeastThatFits) {
  const auto recompute_in = [](std::int64_t bytes) {
    auto recipe = small_recipe();
    recipe.distributed.activation_checkpointing = std::nullopt;
    auto options = kOptions;
    options.machine.memory_bytes = static_cast<std::uint64_t>(bytes);
    return cost_of(recipe, small_model(), options).step.batch.recompute;
  };
  const auto bytes_with = [](Recompute recompute) {
    auto recipe = small_recipe();
    recipe.distributed.activation_checkpointing = recompute;
    return cost_of(recipe, small_model(), kOptions).memory.total();
  };
  EXPECT_EQ(recompute_in(bytes_with(Recompute::off)), Recompute::off);
  EXPECT_EQ(recompute_in(bytes_with(Recompute::off) - 1), Recompute::selective);
  EXPECT_EQ(recompute_in(bytes_with(Recompute::selective) - 1), Recompute::full);
}

TEST(CostOf, RecomputeAndAdaptersChangeTheArithmetic) {
  const auto plain = cost_of(small_recipe(), small_model(), kOptions);
  auto recompute = small_recipe();
  recompute.distributed.activation_checkpointing = Recompute::full;
  EXPECT_DOUBLE_EQ(cost_of(recompute, small_model(), kOptions).flops, plain.flops * 4 / 3);
  recompute.distributed.activation_checkpointing = Recompute::selective;
  const auto selective = cost_of(recompute, small_model(), kOptions);
  // Two layers' gate and up, 160 of 64, for 800 tokens.
  EXPECT_DOUBLE_EQ(selective.flops, plain.flops + 2.0 * 2 * 2 * 160 * 64 * 800);
  auto lora = small_recipe();
  lora.peft = config::Peft{};
  EXPECT_DOUBLE_EQ(cost_of(lora, small_model(), kOptions).flops, plain.flops * 2 / 3);
}

TEST(CostOf, AClassifierHasALabelARowAndATrainedHead) {
  const auto classifier = spec::as_classifier(small_model(), 3);
  EXPECT_EQ(cost_of(small_recipe(), classifier, kOptions).step.batch.labels, 4);
  auto lora = small_recipe();
  lora.peft = config::Peft{};
  std::int64_t trained = 0;
  for (const auto& parameter : held_parameters(classifier, lora, Storage::float32)) {
    trained += parameter.is_trained && parameter.name == "score.weight" ? parameter.numel : 0;
  }
  EXPECT_EQ(trained, 3 * 64);
}

TEST(CostOf, RowsAreAsLongAsTheRecipeSays) {
  CostOptions options = kOptions;
  options.row_tokens = std::nullopt;
  EXPECT_TRUE(cost_of(small_recipe(), small_model(), options).row_tokens_assumed);
  auto recipe = small_recipe();
  recipe.dataset.keys["seq_length"] = 77;
  const auto cost = cost_of(recipe, small_model(), options);
  EXPECT_EQ(cost.step.batch.row_tokens, 77);
  EXPECT_FALSE(cost.row_tokens_assumed);
  recipe.packed_sequence.packed_sequence_size = 128;
  EXPECT_EQ(cost_of(recipe, small_model(), options).step.batch.row_tokens, 128);
}

TEST(CostOf, OnlyAutoIsTheTypeThatTheWeightsHave) {
  const auto stored_in = [](const std::string& torch_dtype, std::optional<Storage> weights) {
    auto recipe = small_recipe();
    recipe.model.torch_dtype = torch_dtype;
    auto options = kOptions;
    options.storage = weights;
    return cost_of(recipe, small_model(), options);
  };
  const auto wide = stored_in("float32", std::nullopt);
  const auto narrow = stored_in("bfloat16", std::nullopt);
  EXPECT_LT(narrow.memory.trained, wide.memory.trained);
  EXPECT_EQ(stored_in("auto", Storage::bfloat16).memory, narrow.memory);
  EXPECT_EQ(stored_in("bfloat16", Storage::float32).memory, narrow.memory);
  EXPECT_EQ(stored_in("auto", std::nullopt).memory, wide.memory);
  EXPECT_TRUE(stored_in("auto", std::nullopt).storage_assumed);
  EXPECT_FALSE(stored_in("auto", Storage::float32).storage_assumed);
  EXPECT_FALSE(wide.storage_assumed);
}

TEST(CostOf, ShardsShareWeightsGradientsAndState) {
  CostOptions options = kOptions;
  const auto one = cost_of(small_recipe(), small_model(), options).memory;
  options.machine.devices = 2;
  const auto two = cost_of(small_recipe(), small_model(), options).memory;
  EXPECT_NEAR(static_cast<double>(two.optimizer), static_cast<double>(one.optimizer) / 2, 1000);
  auto ddp = small_recipe();
  ddp.distributed.strategy = config::Strategy::ddp;
  EXPECT_EQ(cost_of(ddp, small_model(), options).memory.optimizer, one.optimizer);
}

TEST(CostOf, SizesMustMakeTheDevices) {
  auto recipe = small_recipe();
  recipe.distributed.tp_size = 2;
  try {
    cost_of(recipe, small_model(), kOptions);
    FAIL() << "one device for two ranks";
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), HasSubstr("tp_size 2 * pp_size 1 * cp_size 1 does not make 1"));
  }
}

TEST(SpecOf, ReadsAConfigWithOverrides) {
  const auto folder = std::filesystem::path(::testing::TempDir()) / "plan_model";
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "config.json") << R"({"model_type": "llama", "vocab_size": 16,
    "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 4})";
  config::ModelSource source{.pretrained_model_name_or_path = folder.string(),
                             .config_overrides = {{"num_hidden_layers", 3}}};
  EXPECT_EQ(spec_of(source).layers.size(), 3U);
  source.config_class = "GPT2Config";
  source.config_overrides = {{"n_layer", 5}};
  EXPECT_EQ(spec_of(source).layers.size(), 5U);
  remove_tree(folder);
}

TEST(ThisMachine, HasMemoryAndSpeed) {
  EXPECT_GT(this_machine().memory_bytes, 1U << 20);
  EXPECT_GT(this_machine().flops, 1e9);
  EXPECT_GE(this_machine().bfloat16_flops, this_machine().flops);
}

/// A run computes bfloat16 weights in the processor's types, whatever its kernels.
TEST(ThisMachine, HasTheProcessorsTypesWithAnyKernels) {
  const bool has = this_machine().has_bfloat16;
  const char* before = std::getenv("AUTOMODEL_ISA");
  const std::string saved = before != nullptr ? before : "";
  ::setenv("AUTOMODEL_ISA", "reference", 1);
  EXPECT_EQ(this_machine().has_bfloat16, has);
  ::setenv("AUTOMODEL_ISA", saved.c_str(), 1);
}

}  // namespace
}  // namespace automodel::plan
