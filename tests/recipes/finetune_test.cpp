#include "recipes/finetune.h"

#include <gmock/gmock.h>

#include <csignal>
#include <map>
#include <new>

#include "base/process.h"
#include "base/text.h"
#include "checkpoint/manifest.h"
#include "recipes/tiny_recipe.h"
#include "tensor/expect_error.h"
#include "tensor/stand_in_allocator.h"

namespace automodel::recipes {
namespace {

TEST(RunFinetune, FromRecipeToCheckpointAndLogs) {
  const TinyRecipe tiny;
  ::testing::internal::CaptureStdout();
  EXPECT_EQ(run_finetune(tiny.load({"--step_scheduler.validate_at_start"})), ExitCode::ok);
  const std::string told = ::testing::internal::GetCapturedStdout();
  EXPECT_THAT(told, ::testing::HasSubstr("step 2/2 | loss "));
  EXPECT_THAT(told, ::testing::HasSubstr("on held-out rows: "));
  EXPECT_TRUE(std::filesystem::exists(tiny.path("out/epoch_0_step_1/manifest.json")));
  EXPECT_TRUE(std::filesystem::exists(tiny.path("out/training.jsonl")));
  const Json losses = read_json(tiny.path("out/LATEST/losses.json"));
  const auto last = [&](const std::string& log) {
    return Json::parse(split(read_file(tiny.path("out/" + log)), '\n').at(1));
  };
  EXPECT_EQ(losses["train_loss"], last("training.jsonl")["loss"]);
  EXPECT_EQ(losses["val_loss"], last("validation.jsonl")["val_loss"]);
}

TEST(RunFinetune, GoesOnWhereACheckpointIs) {
  const TinyRecipe tiny;
  ::testing::internal::CaptureStdout();
  run_finetune(tiny.load({"--step_scheduler.max_steps=1"}));
  run_finetune(tiny.load());
  const std::string told = ::testing::internal::GetCapturedStdout();
  EXPECT_THAT(told, ::testing::HasSubstr("going on from "));
  EXPECT_THAT(told, ::testing::HasSubstr("epoch_0_step_0"));
}

/// What the process took before, for loading and for the forecast, is no part of the steps' memory.
TEST(RunFinetune, ThePeakOfMemoryIsTheStepsOwn) {
  if (!reset_peak_memory()) {
    GTEST_SKIP() << "the system does not allow it";
  }
  constexpr std::size_t kGiB = 1U << 30U;
  const TinyRecipe tiny;
  {
    const std::vector<char> taken(kGiB, 'x');
  }
  ASSERT_GT(peak_memory_bytes(), kGiB);
  ::testing::internal::CaptureStdout();
  run_finetune(tiny.load());
  ::testing::internal::GetCapturedStdout();
  const Json results = read_json(tiny.path("out/manifest.json"))["results"];
  EXPECT_LT(results["peak_memory_bytes"], kGiB);
}

/// Of more than 2000 rows not all are looked at before: not the fifth.
void write_late_row(const TinyRecipe& tiny, const std::string& name, const std::string& row) {
  tiny.write_rows(name, 2500);
  auto rows = split(read_file(tiny.path(name)), '\n');
  rows.at(4) = row;
  write_text(tiny.path(name), join(rows, "\n"));
}

/// It is none that can be learnt.
void write_late_error(const TinyRecipe& tiny, const std::string& name) {
  write_late_row(tiny, name, R"({"messages": [{"role": "user", "content": "w1"}]})");
}

TEST(RunFinetune, ThoseWhoWatchAreToldOfAnError) {
  const TinyRecipe tiny;
  write_late_error(tiny, "train.jsonl");
  ::testing::internal::CaptureStdout();
  testing::expect_error(ErrorKind::corrupt_data, "train.jsonl:5", [&] {
    run_finetune(tiny.load({"--dataloader.shuffle=false", "--mlflow.experiment_name=Default",
                            "--mlflow.tracking_uri=" + tiny.path("ml").string()}));
  });
  ::testing::internal::GetCapturedStdout();
  const auto id =
      read_json(tiny.path("out/manifest.json"))["watchers"]["mlflow"].get<std::string>();
  EXPECT_EQ(read_json(tiny.path("ml/0") / id / "meta.yaml")["status"], 4);
}

TEST(RunFinetune, ARowThatCannotBeUsedCostsNoStep) {
  const TinyRecipe tiny;
  write_late_error(tiny, "train.jsonl");
  const auto train = [&] { run_finetune(tiny.load({"--dataloader.shuffle=false"})); };
  ::testing::internal::CaptureStdout();
  testing::expect_error(ErrorKind::corrupt_data, "train.jsonl:5", train);
  EXPECT_TRUE(std::filesystem::exists(tiny.path("out/epoch_0_step_0/manifest.json")));
  tiny.write_rows("train.jsonl", 2500);
  train();
  EXPECT_THAT(::testing::internal::GetCapturedStdout(), ::testing::HasSubstr("step 2/2 | loss "));
}

TEST(RunFinetune, NorDoesOneOfTheValidation) {
  const TinyRecipe tiny;
  write_late_error(tiny, "validation.jsonl");
  ::testing::internal::CaptureStdout();
  testing::expect_error(ErrorKind::corrupt_data, "validation.jsonl:5",
                        [&] { run_finetune(tiny.load()); });
  EXPECT_TRUE(std::filesystem::exists(tiny.path("out/epoch_0_step_1/model/consolidated")));
  EXPECT_FALSE(std::filesystem::exists(tiny.path("out/LOWEST_VAL")));

  // Of the last step it is made up for.
  tiny.write_rows("validation.jsonl", 3);
  EXPECT_EQ(run_finetune(tiny.load()), ExitCode::ok);
  const auto log = [&] { return read_file(tiny.path("out/validation.jsonl")); };
  const std::string first = log();
  const Json line = read_json(tiny.path("out/validation.jsonl"));
  EXPECT_EQ(line["step"], 1);
  EXPECT_EQ(read_json(tiny.path("out/LOWEST_VAL/losses.json"))["val_loss"], line["val_loss"]);
  EXPECT_TRUE(read_json(tiny.path("out/LATEST/losses.json")).contains("train_loss"));
  EXPECT_EQ(read_json(tiny.path("out/manifest.json"))["results"]["steps"], 2);
  EXPECT_TRUE(std::filesystem::exists(tiny.path("out/LATEST/model/consolidated")));
  EXPECT_EQ(run_finetune(tiny.load()), ExitCode::ok);
  EXPECT_EQ(log(), first) << "once";
  ::testing::internal::GetCapturedStdout();
}

/// As of a tokenizer to which tokens were added, but no rows to the model's embedding.
TEST(RunFinetune, NorDoesATokenThatTheModelHasNot) {
  const TinyRecipe tiny;
  Json tokenizer = read_json(tiny.path("model/tokenizer.json"));
  tokenizer["model"]["vocab"]["more"] = 16;
  write_text(tiny.path("model/tokenizer.json"), tokenizer.dump());
  const std::string row{trim(config::chat_row("w1", "more"))};
  for (const std::string name : {"train.jsonl", "validation.jsonl"}) {
    std::filesystem::remove_all(tiny.path("out"));
    tiny.write_rows("train.jsonl", 6);
    write_late_row(tiny, name, row);
    ::testing::internal::CaptureStdout();
    testing::expect_error(
        ErrorKind::corrupt_data,
        name + ":5: the row has the token id 16, which the model's embedding of 16 rows",
        [&] { run_finetune(tiny.load({"--dataloader.shuffle=false"})); });
    ::testing::internal::GetCapturedStdout();
    EXPECT_TRUE(std::filesystem::exists(tiny.path("out/LATEST/manifest.json"))) << name;
  }
}

/// LibTorch's allocations but one fail: number `fails_at` (from 0) of those behind the log's first
/// line.
class ScarceMemory final : public testing::StandInAllocator {
 public:
  ScarceMemory(std::filesystem::path log, int fails_at)
      : log_(std::move(log)), fails_at_(fails_at) {}

  c10::DataPtr allocate(std::size_t bytes) override {
    counts_ = counts_ || (std::filesystem::exists(log_) && std::filesystem::file_size(log_) > 0);
    if (counts_ && count_++ == fails_at_) {
      throw std::bad_alloc();
    }
    return StandInAllocator::allocate(bytes);
  }

 private:
  std::filesystem::path log_;
  int fails_at_;
  bool counts_ = false;
  int count_ = 0;
};

/// Weights, moments and how many updates they had.
std::vector<checkpoint::FileRecord> trained_files(const std::filesystem::path& checkpoint) {
  auto files = checkpoint::read_manifest(checkpoint).files;
  std::erase_if(files, [](const auto& file) {
    return !file.path.starts_with("model/") && !file.path.starts_with("optim/");
  });
  return files;
}

/// Wherever in the second step: what is saved is the first one's state, and nothing once the
/// second's update was begun.
TEST(RunFinetune, NorDoesTheEndOfMemory) {
  const TinyRecipe tiny;
  const std::vector<std::string> given = {"--model.torch_dtype=float16",
                                          "--checkpoint.save_consolidated=false"};
  const auto with = [&given](const std::string& word) {
    auto words = given;
    words.push_back(word);
    return words;
  };
  ::testing::internal::CaptureStdout();
  run_finetune(tiny.load(with("--step_scheduler.max_steps=1")));
  const auto first = trained_files(tiny.path("out/epoch_0_step_0"));
  std::map<bool, int> num_ends;  // by whether something was saved
  bool are_equal = true;
  for (int at = 0; at >= 0;) {
    std::filesystem::remove_all(tiny.path("out"));
    try {
      const ScarceMemory memory(tiny.path("out/training.jsonl"), at);
      run_finetune(tiny.load(given));
      at = -1;
    } catch (const std::bad_alloc&) {
      const bool is_saved = std::filesystem::exists(tiny.path("out/epoch_0_step_0"));
      ++num_ends[is_saved];
      are_equal =
          are_equal && (!is_saved || trained_files(tiny.path("out/epoch_0_step_0")) == first);
      at += 37;
    }
  }
  ::testing::internal::GetCapturedStdout();
  EXPECT_TRUE(are_equal);
  EXPECT_GT(num_ends[true], 2);
  EXPECT_GT(num_ends[false], 2);
}

TEST(RunFinetune, OneThatGoesOnNeedsNoAdapterToBeginWith) {
  const TinyRecipe tiny;
  std::vector<std::string> words = {
      "--peft._target_=nemo_automodel.components._peft.lora.PeftConfig",
      "--checkpoint.checkpoint_dir=" + tiny.path("first").string()};
  ::testing::internal::CaptureStdout();
  run_finetune(tiny.load(words));
  words.pop_back();
  words.push_back("--peft.adapter_name_or_path=" + tiny.path("first/LATEST/model").string());
  words.emplace_back("--step_scheduler.max_steps=1");
  run_finetune(tiny.load(words));
  std::filesystem::remove_all(tiny.path("first"));
  words.back() = "--step_scheduler.max_steps=2";
  EXPECT_EQ(run_finetune(tiny.load(words)), ExitCode::ok);
  EXPECT_THAT(::testing::internal::GetCapturedStdout(), ::testing::HasSubstr("going on from "));
  std::filesystem::remove_all(tiny.path("out"));
  testing::expect_error(ErrorKind::not_found, "first/LATEST/model",
                        [&] { run_finetune(tiny.load(words)); });
}

}  // namespace
}  // namespace automodel::recipes
