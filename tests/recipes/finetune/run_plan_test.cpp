#include "recipes/finetune/run_plan.h"

#include <gmock/gmock.h>

#include <cmath>

#include "base/isa.h"
#include "base/text.h"
#include "recipes/tiny_recipe.h"

namespace automodel::recipes {
namespace {

using ::testing::HasSubstr;

struct Planned {
  TinyRecipe tiny;
  config::LoadedRecipe loaded;
  RunModel run;
  RunData data;

  explicit Planned(const std::vector<std::string>& overrides = {})
      : loaded(tiny.load(overrides)),
        run(load_run_model(loaded.recipe)),
        data(load_run_data(loaded.recipe, run.source)) {}

  Forecast forecast() const { return forecast_run(loaded.recipe, run, data).value(); }

  std::string text() const { return text(forecast()); }
  std::string text(const std::optional<Forecast>& forecast) const {
    const auto steps = config::plan_steps(loaded.recipe.step_scheduler, 2);
    return join(describe_run(loaded.recipe, run, data, steps, forecast), "\n");
  }
};

TEST(DescribeRun, SaysWhatWillHappen) {
  const std::string text = Planned().text();
  EXPECT_THAT(text, HasSubstr("LlamaForCausalLM, 2 layers, width 16, vocabulary 16"));
  EXPECT_THAT(text, HasSubstr("stored in float32, computed in float32"));
  EXPECT_THAT(text, HasSubstr("kernels     " + describe_isa()));
  EXPECT_THAT(text, HasSubstr("0 frozen (100.00 % trained)"));
  EXPECT_THAT(text, HasSubstr("steps       2 of 3 rows"));
  EXPECT_THAT(text, HasSubstr("memory      about "));
  EXPECT_THAT(text, HasSubstr("validation"));
}

TEST(DescribeRun, WarnsOfAStepThatDoesNotFit) {
  const Planned planned({"--distributed.activation_checkpointing=auto"});
  EXPECT_THAT(planned.text(), HasSubstr("the least that fits into "));
  EXPECT_THAT(planned.text(), ::testing::Not(HasSubstr("warning: the step")));
  const auto text = planned.text(Forecast{.memory = {.program = std::int64_t{1} << 60}});
  EXPECT_THAT(text, HasSubstr("the most that there is, for "));
  EXPECT_THAT(text, HasSubstr("warning: the step is planned to take 1"));
  EXPECT_THAT(planned.text(std::nullopt), ::testing::Not(HasSubstr("\nmemory ")));
}

TEST(DescribeRun, AdaptersByRole) {
  const std::string text =
      Planned({"--peft._target_=nemo_automodel.components._peft.lora.PeftConfig",
               "--peft.exclude_modules=['q_proj','vision*']"})
          .text();
  EXPECT_THAT(text, HasSubstr("rank 8, scale 4, dropout 0; on 6 of 8 attention, 6 of 6 mlp"));
  EXPECT_THAT(text, HasSubstr("peft.exclude_modules: 'vision*' excludes nothing"));
}

TEST(DescribeRun, AnAdapterHoldsNoConfig) {
  const auto warns = [](std::vector<std::string> overrides) {
    overrides.emplace_back("--peft._target_=nemo_automodel.components._peft.lora.PeftConfig");
    return Planned(overrides).text().find("an adapter's folder has no place") != std::string::npos;
  };
  const std::string scaled = "--model.rope_scaling={'rope_type': 'linear', 'factor': 2.0}";
  EXPECT_TRUE(warns({scaled}));
  EXPECT_FALSE(warns({scaled, "--checkpoint.merged_export"})) << "the whole model is written";
  EXPECT_FALSE(
      warns({"--model.eos_token_id=3", "--model.attention_dropout=0.1", "--model.use_cache=false"}))
      << "what it computes is the same";
}

TEST(DescribeRun, WhatIsAddedToTheLoss) {
  EXPECT_THAT(Planned().text(), ::testing::Not(HasSubstr("cross-entropy")));
  EXPECT_THAT(Planned({"--loss_fn.label_smoothing=0.1", "--loss_fn.z_loss=0.0001"}).text(),
              HasSubstr("loss        cross-entropy with label smoothing 0.1 and z-loss x0.0001; "
                        "without in validation"));
}

TEST(ForecastRun, CountsTheTensorsOfTheRun) {
  const Planned planned;
  const auto memory = planned.forecast().memory;
  EXPECT_EQ(memory.frozen, 0);
  EXPECT_EQ(memory.trained, 4 * spec::num_parameters(planned.run.model.spec()));
  EXPECT_EQ(memory.optimizer, 2 * memory.trained);
  EXPECT_GT(planned.forecast().step_seconds, 0);
}

TEST(ForecastRun, StandsBesideWhatWasMeasured) {
  const Forecast forecast{.memory = {.program = 1000}, .step_seconds = 2};
  EXPECT_THAT(compare_with(forecast, {}), ::testing::IsEmpty());
  EXPECT_THAT(compare_with(forecast, {.num_steps = 2, .seconds = 6, .peak_memory_bytes = 1100}),
              ::testing::ElementsAre(HasSubstr("1000 bytes planned, 1.07 KiB measured (+10 %)"),
                                     HasSubstr("2 s a step planned, 3 s measured (+50 %)")));
  const Forecast of_tiny{.memory = {.program = 1000}, .step_seconds = 0.001};
  EXPECT_THAT(compare_with(of_tiny, {.num_steps = 2, .seconds = 6}).back(),
              HasSubstr("0.001 s a step planned, 3 s measured (the plan counts"));
  EXPECT_THAT(
      compare_with({}, {.num_steps = 2, .seconds = 6, .peak_memory_bytes = 1100}),
      ::testing::ElementsAre("memory      1.07 KiB measured", "time        3 s a step measured"));
  EXPECT_TRUE(to_json(std::optional<Forecast>()).is_null());
}

TEST(ShowFirstSample, MarksWhatIsLearnt) {
  const Planned planned;
  EXPECT_THAT(show_first_sample(planned.data, false), HasSubstr("in [brackets]:\nuser"));
  EXPECT_THAT(show_first_sample(planned.data, true), HasSubstr("\033[32m"));
}

train::StepResult of_loss(double loss) { return {.loss = loss, .num_label_tokens = 100}; }

TEST(CheckFirstLoss, FarAboveGuessingOrAFreshModelFarFromIt) {
  const TinyRecipe tiny;
  auto recipe = tiny.load().recipe;
  spec::ModelSpec spec;
  spec.vocab_size = 1000;
  EXPECT_TRUE(check_first_loss(recipe, of_loss(0.1), spec).empty());
  EXPECT_THAT(check_first_loss(recipe, of_loss(9), spec),
              ::testing::ElementsAre(HasSubstr("do model and tokenizer belong together?")));
  EXPECT_TRUE(check_first_loss(recipe, {.loss = 9, .num_label_tokens = 20}, spec).empty());
  recipe.model.entry = config::ModelEntry::from_config;
  EXPECT_TRUE(check_first_loss(recipe, of_loss(std::log(1000.0)), spec).empty());
  EXPECT_THAT(check_first_loss(recipe, of_loss(2), spec),
              ::testing::ElementsAre(HasSubstr("far from that of a fresh model")));
  EXPECT_TRUE(check_first_loss(recipe, of_loss(50), spec::as_classifier(spec, 2)).empty());
  recipe.loss_fn.z_loss = 1;
  EXPECT_TRUE(check_first_loss(recipe, of_loss(50), spec).empty());
}

}  // namespace
}  // namespace automodel::recipes
