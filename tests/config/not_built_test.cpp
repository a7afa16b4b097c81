#include "config/not_built.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "tests/config/recipes.h"

namespace automodel::config {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(NotBuilt, NothingForThePlainestRecipe) {
  EXPECT_THAT(check_text(kLeast).not_built, IsEmpty());
}

TEST(NotBuilt, NamesFeatureKeyAndValue) {
  EXPECT_THAT(check_text(kLeast, {"--distributed.tp_size=2"}).not_built,
              ElementsAre("tensor parallelism (distributed.tp_size: 2)"));
  EXPECT_THAT(check_text(kLeast, {"--optimizer._target_=dion.Muon"}).not_built,
              ElementsAre("the Dion and Muon optimizers (optimizer._target_: Muon)"));
  const std::string heads = "--checkpoint.skip_task_head_prefixes_for_base_model=";
  EXPECT_THAT(
      check_text(kLeast, {heads + "['lm_head.']"}).not_built,
      ElementsAre("task heads (checkpoint.skip_task_head_prefixes_for_base_model.0: lm_head.)"));
  EXPECT_THAT(check_text(kLeast, {heads + "['classifier.', 'score.']"}).not_built, IsEmpty());
}

TEST(NotBuilt, CheckpointsThatAreSwitchedOffNeedNoFormat) {
  const std::vector<std::string> overrides = {"--checkpoint.model_save_format=torch_save",
                                              "--checkpoint.is_async=true",
                                              "--checkpoint.enabled=false"};
  EXPECT_THAT(check_text(kLeast, overrides).not_built, IsEmpty());
  EXPECT_THAT(check_text(kLeast, {overrides[0], overrides[1]}).not_built,
              ElementsAre("checkpoints in torch's DCP format (safetensors works) "
                          "(checkpoint.model_save_format: torch_save)",
                          "saving in the background (checkpoint.is_async: true)"));
}

TEST(NotBuilt, AdaptersAreSafetensorsWhateverTheFormat) {
  EXPECT_THAT(
      check_text(kLeast, {"--checkpoint.model_save_format=torch_save",
                          "--peft._target_=nemo_automodel.components._peft.lora.PeftConfig"})
          .not_built,
      IsEmpty());
}

TEST(NotBuilt, ToolCallsThatUpstreamWouldEvaluate) {
  const auto asks_for = [](const std::string& strategy, const std::string& more = "") {
    return check_text(kLeast, {"--distributed.strategy=" + strategy,
                               "--tool_call_eval={'_target_': 'nemo_automodel.components.eval."
                               "tool_call_evaluator.ToolCallAccuracyEvaluator', "
                               "'dataset_name': 'a/b'" +
                                   more + "}"})
        .not_built;
  };
  const auto refused =
      ElementsAre("evaluation of tool calls (tool_call_eval._target_: ToolCallAccuracyEvaluator)");
  EXPECT_THAT(asks_for("fsdp2"), IsEmpty());
  EXPECT_THAT(asks_for("fsdp2", ", 'run_on_fsdp2': True"), refused);
  EXPECT_THAT(asks_for("ddp"), refused);
}

TEST(NotBuilt, AddressesAndPathsStayWhole) {
  const auto servers = [](const std::string& uri, const Environment& environment = {}) {
    return check_text(kLeast, {"--mlflow={'tracking_uri': " + uri + "}"}, environment).not_built;
  };
  EXPECT_THAT(servers("'file:///tmp/runs'"), IsEmpty());
  EXPECT_THAT(servers("'http://me:secret@host.example.org:5000'"),
              ElementsAre("MLflow servers (a folder works) (mlflow.tracking_uri: "
                          "http://******@host.example.org:5000)"));
  const Environment variable = {{"MLFLOW_TRACKING_URI", "sqlite:///runs.db"}};
  EXPECT_THAT(servers("None", variable),
              ElementsAre(HasSubstr("mlflow.tracking_uri: sqlite:///runs.db")));
  EXPECT_THAT(servers("'runs'", variable), IsEmpty());
}

TEST(NotBuilt, WhatChangesRoutedExperts) {
  EXPECT_THAT(check_text(kLeast, {"--model.moe_overrides.aux_loss_coeff=0.1"}).not_built,
              IsEmpty());
  EXPECT_THAT(check_text(kLeast, {"--model.moe_overrides.score_func=sigmoid"}).not_built,
              ElementsAre(HasSubstr("other routed experts than config.json's")));
}

TEST(NotBuilt, EachFeatureOnce) {
  const std::string data =
      "{'_target_': 'nemo_automodel.components.datasets.llm.seq2seq.make_seq2seq_dataset', "
      "'dataset_name': 'x.jsonl'}";
  EXPECT_THAT(
      check_text(kLeast, {"--dataset=" + data, "--validation_dataset=" + data}).not_built,
      ElementsAre("training on encoder-decoder data (dataset._target_: make_seq2seq_dataset)"));
}

TEST(NotBuilt, DataThatNothingTrainsOn) {
  const auto mock = [](const std::string& target) {
    return check_text(kLeast, {"--dataset={'_target_': 'nemo_automodel.components.datasets.llm." +
                                   target + "'}",
                               "--step_scheduler.max_steps=3"})
        .not_built;
  };
  EXPECT_THAT(mock("mock_iterable_dataset.MockIterableDataset"), IsEmpty());
  EXPECT_THAT(mock("mock.build_unpacked_dataset"), IsEmpty());
  EXPECT_THAT(mock("mock_packed.build_packed_dataset"), IsEmpty());
  EXPECT_THAT(mock("mock_prefix_tree.build_mock_rollout_dataset"), IsEmpty());
}

TEST(NotBuilt, ProfilersOfTheBenchmark) {
  std::vector<std::string> overrides = {
      "--recipe=BenchmarkingRecipeForNextTokenPrediction", "--step_scheduler.max_steps=3",
      "--dataset={'_target_': 'nemo_automodel.components.datasets.llm.mock_iterable_dataset."
      "MockIterableDataset', 'seq_len': 8}"};
  for (const char* key : {"warmup_steps=1", "peak_tflops=1", "nsys_end=-1", "nsys_ranks=[]"}) {
    overrides.push_back(std::string("--benchmark.") + key);
  }
  overrides.emplace_back("--benchmark.nsys_start=-1");
  EXPECT_THAT(check_text(kLeast, overrides).not_built, IsEmpty());
  overrides.back() = "--benchmark.nsys_start=2";
  EXPECT_THAT(check_text(kLeast, overrides).not_built,
              ElementsAre("profiling with nsys (benchmark.nsys_start: 2)"));
}

TEST(NotBuilt, DataSetsOfTheHubAreFetched) {
  const auto loaded = check_text(kLeast, {"--dataset.path_or_dataset_id=org/chats"});
  EXPECT_THAT(loaded.not_built, IsEmpty());
}

TEST(NotBuilt, ARunIsRefusedButValidationIsNot) {
  const std::vector<std::string> overrides = {"--fp8.enabled"};
  const std::string path = write_recipe(kLeast);
  EXPECT_NO_THROW(check_recipe(path, overrides, {}));
  try {
    load_recipe(path, overrides, {});
    FAIL() << "a run was not refused";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::unsupported);
    EXPECT_THAT(error.message(),
                HasSubstr("not supported yet:\n  8-bit arithmetic (fp8) (fp8.enabled: true)"));
  }
}

TEST(WithoutEffect, IsToldOnceForAllThatTheRecipeAsksFor) {
  EXPECT_THAT(check_text(kLeast, {"--compile.enabled"}).warnings,
              ElementsAre(HasSubstr("recipe.yaml: without effect here: compile.enabled (the "
                                    "kernels here are compiled ahead)")));
  EXPECT_THAT(check_text(kLeast, {"--dataloader.num_workers=2", "--checkpoint.staging_dir=a",
                                  "--validation_dataloader.drop_last",
                                  "--model.freeze_config.freeze_vision_tower",
                                  "--distributed.mp_policy.reduce_dtype=bfloat16"})
                  .warnings,
              ElementsAre(AllOf(HasSubstr("dataloader.num_workers (batches are made ahead"),
                                HasSubstr("checkpoint.staging_dir (checkpoints are"),
                                HasSubstr("validation_dataloader.drop_last (validation takes"),
                                HasSubstr("model.freeze_config (a language model"),
                                HasSubstr("mp_policy.reduce_dtype (one process"))));
}

TEST(WithoutEffect, DefaultsAndNullsAskForNothing) {
  EXPECT_THAT(check_text(kLeast).warnings, IsEmpty());
  EXPECT_THAT(check_text(kLeast, {"--dataloader.num_workers=0", "--dataloader.prefetch_factor=null",
                                  "--model.sdpa_method=[]", "--neftune=0",
                                  "--validation_dataloader.shuffle=false"})
                  .warnings,
              IsEmpty());
}

TEST(NotBuilt, WhatWouldChangeResultsIsRefused) {
  for (const auto& [key, text] : std::map<std::string, std::string>{
           {"model.freeze_config.freeze_language_model=true", "frozen language models"},
           {"freeze_config.freeze_modules=vision*", "frozen modules"},
           {"freeze_config.unfreeze_modules=[{'path': 'lm_head'}]", "frozen modules"},
           {"model.freeze_config.freeze_modules=[{'path': 'lm_head'}]", "frozen modules"},
           {"distributed.mp_policy.param_dtype=float16", "arithmetic in other types than"},
           {"model.torch_dtype=int8", "weights of other types than float32, bfloat16 and float16"},
           {"model.compute_dtype=float16", "arithmetic in other types than"},
           {"model.backend.fake_gate_noise=0.1", "noise of the even routing of experts"},
           {"distributed.autocast_dtype=float16", "arithmetic in other types than"},
           {"model.backend.gate_precision=bfloat16", "routers in other types than float32"},
           {"optimizer.differentiable=true", "differentiable optimizer steps"},
           {"checkpoint.allow_legacy_pickle_restore=true", "pickled checkpoints"}}) {
    EXPECT_THAT(check_text(kLeast, {"--" + key}).not_built, ElementsAre(HasSubstr(text))) << key;
  }
}

}  // namespace
}  // namespace automodel::config
