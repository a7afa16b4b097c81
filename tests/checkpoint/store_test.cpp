#include "checkpoint/store.h"

#include <gmock/gmock.h>

#include "base/file.h"
#include "checkpoint/atomic_folder.h"
#include "tests/checkpoint/tiny_store.h"
#include "tests/tensor/expect_error.h"

namespace automodel::checkpoint {
namespace {

using automodel::testing::expect_error;
using automodel::testing::write_text;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
namespace fs = std::filesystem;

using StoreTest = TinyStore;

TEST_F(StoreTest, SavesUnderUpstreamsNames) {
  auto store = open();
  const auto saved = save(store, 9);
  EXPECT_EQ(saved.path, fs::canonical(folder_ / "run/epoch_0_step_9"));
  EXPECT_EQ(read_file(folder_ / "run/LATEST/model/value"), "9");
  EXPECT_EQ(read_file(folder_ / "run/LATEST/config.yaml"), "seed: 1\n");
  EXPECT_EQ(link("LATEST"), "epoch_0_step_9");
  EXPECT_FALSE(fs::exists(folder_ / "run/LOWEST_VAL"));
}

TEST_F(StoreTest, FollowsTheLowestValidationLoss) {
  auto store = open();
  save(store, 1, ValidationLoss{3.0});
  save(store, 2, ValidationLoss{2.0});
  save(store, 3, ValidationLoss{2.0});
  save(store, 4, ValidationLoss{std::numeric_limits<double>::quiet_NaN()});
  EXPECT_EQ(link("LOWEST_VAL"), "epoch_0_step_2");
  EXPECT_EQ(link("LATEST"), "epoch_0_step_4");
}

TEST_F(StoreTest, KeepsTheNewestAndTheBest) {
  auto store = open(2);
  save(store, 1, ValidationLoss{3.0});
  save(store, 2, ValidationLoss{1.0});
  for (const int step : {3, 4, 5}) {
    save(store, step, ValidationLoss{2.0});
  }
  EXPECT_THAT(steps(store), ElementsAre(5, 4, 2));
}

TEST_F(StoreTest, WhoKeepsFewerThanBeforeHasTheirRoomBeforeTheNextIsWritten) {
  {
    auto store = open();
    for (const int step : {1, 2, 3}) {
      save(store, step);
    }
  }
  auto store = open(1);
  EXPECT_THAT(steps(store), ElementsAre(3, 2, 1));
  std::vector<std::int64_t> meanwhile;
  store.save(
      {.epoch = 0, .step = 4, .write_model = [&](const fs::path&) { meanwhile = steps(store); }});
  EXPECT_THAT(meanwhile, ElementsAre(3));
  EXPECT_THAT(steps(store), ElementsAre(4));
}

TEST_F(StoreTest, RemovesNothingOfAnotherModel) {
  {
    auto other = open(1, {{"peft", true}});
    save(other, 100, ValidationLoss{0.1});
  }
  auto store = open(1);
  save(store, 1, ValidationLoss{5.0});
  save(store, 2, ValidationLoss{6.0});
  EXPECT_THAT(steps(store), ElementsAre(2, 1, 100));
  EXPECT_EQ(link("LOWEST_VAL"), "epoch_0_step_1");
}

TEST_F(StoreTest, NewestIsTheLastSavedNotTheLargestStep) {
  auto store = open();
  save(store, 200);
  save(store, 100);
  EXPECT_EQ(store.find(std::nullopt).checkpoint->manifest.step, 100);
}

TEST_F(StoreTest, ReplacesACheckpointOfTheSameName) {
  auto store = open();
  save(store, 1);
  save(store, 2);
  store.save({.epoch = 0, .step = 1, .write_model = [](const fs::path& folder) {
                write_text(folder / "value", "again");
              }});
  EXPECT_EQ(read_file(folder_ / "run/LATEST/model/value"), "again");
  EXPECT_THAT(steps(store), ElementsAre(1, 2));
}

TEST_F(StoreTest, FailedSaveChangesNothing) {
  auto store = open();
  save(store, 1);
  expect_error(ErrorKind::io, "earlier checkpoints are untouched", [&] {
    store.save({.epoch = 0, .step = 2, .write_model = [](const fs::path& folder) {
                  write_text(folder / "value", "half");
                  fail(ErrorKind::io, "no space left");
                }});
  });
  EXPECT_THAT(steps(store), ElementsAre(1));
  EXPECT_EQ(link("LATEST"), "epoch_0_step_1");
  EXPECT_FALSE(fs::exists(folder_ / "run/epoch_0_step_2"));
}

/// State that a run would continue with.
struct Progress {
  std::int64_t steps = 0;
  Tensor moment = at::zeros({3});
  StateItem item(const std::string& name) {
    return {name, [this](StateVisitor& state) {
              state.integer("steps", steps);
              state.tensor("moment", moment);
            }};
  }
};

TEST_F(StoreTest, RestoresState) {
  auto store = open();
  Progress saved{.steps = 7, .moment = at::rand({3})};
  store.save({.write_model = [](const fs::path&) {}, .state = {saved.item("optim")}});
  const auto checkpoint = *store.find("LATEST").checkpoint;
  Progress restored;
  restore_state(checkpoint, {restored.item("optim")});
  EXPECT_EQ(restored.steps, 7);
  EXPECT_TRUE(at::equal(restored.moment, saved.moment));
  expect_error(ErrorKind::not_found, "has no state 'scheduler', which this run needs",
               [&] { restore_state(checkpoint, {restored.item("scheduler")}); });
  restored.moment = at::zeros({4});
  expect_error(ErrorKind::corrupt_data, "while restoring the checkpoint",
               [&] { restore_state(checkpoint, {restored.item("optim")}); });
}

TEST_F(StoreTest, StartsAfreshInAnEmptyFolder) {
  const auto found = open().find(std::nullopt);
  EXPECT_FALSE(found.checkpoint);
  EXPECT_THAT(found.warnings, IsEmpty());
}

TEST_F(StoreTest, AnotherModelDoesNotReplaceWhatIsThere) {
  {
    auto store = open();
    save(store, 1);
  }
  const auto store = open({}, {{"peft", true}});
  expect_error(ErrorKind::invalid_argument, "was made for another model (peft is true",
               [&] { store.find(std::nullopt); });
}

TEST_F(StoreTest, NothingWholeIsNoFreshStart) {
  auto store = open();
  save(store, 1);
  save(store, 2);
  for (const char* name : {"epoch_0_step_1", "epoch_0_step_2"}) {
    write_text(folder_ / "run" / name / "model/value", "3");
  }
  expect_error(ErrorKind::corrupt_data, "none of the 2 checkpoints in",
               [&] { store.find(std::nullopt); });
}

TEST_F(StoreTest, NamedCheckpointOfAnotherModelIsOnlyAWarning) {
  {
    auto store = open();
    save(store, 1);
  }
  const auto store = open({}, {{"peft", true}});
  for (const std::string& name : {std::string("LATEST"), std::string("epoch_0_step_1"),
                                  (folder_ / "run/epoch_0_step_1").string()}) {
    const auto found = store.find(name);
    EXPECT_EQ(found.checkpoint->path, fs::canonical(folder_ / "run/epoch_0_step_1"));
    EXPECT_THAT(found.warnings, ElementsAre(HasSubstr("made for another model")));
  }
}

TEST_F(StoreTest, ARepeatedRunGoesOnFromItsOwnNewestCheckpoint) {
  const std::string begin = "epoch_0_step_1";
  auto store = open();
  save(store, 1);
  save(store, 5);
  EXPECT_TRUE(store.find(begin).begins_anew);
  save(store, 3, {}, begin);
  const auto again = store.find(begin);
  EXPECT_FALSE(again.begins_anew);
  EXPECT_EQ(again.checkpoint->manifest.step, 3);
  EXPECT_THAT(again.warnings, ElementsAre(HasSubstr("began at checkpoint.restore_from (" + begin)));
  EXPECT_EQ(store.find("epoch_0_step_5").checkpoint->manifest.step, 5);  // another begin
}

TEST_F(StoreTest, ARepeatedRunWithoutAWholeCheckpointBeginsAgain) {
  auto store = open();
  save(store, 1);
  save(store, 5);
  save(store, 3, {}, "epoch_0_step_1");
  write_text(folder_ / "run/epoch_0_step_3/model/value", "4");
  EXPECT_EQ(store.find("epoch_0_step_1").checkpoint->manifest.step, 1);
}

TEST_F(StoreTest, LatestIsTheNewestWhereverARunBegan) {
  auto store = open();
  save(store, 3, {}, "LATEST");
  EXPECT_THAT(store.find("LATEST").warnings, IsEmpty());
}

TEST_F(StoreTest, ReadsTextFilesInTheLinksPlace) {
  auto store = open();
  save(store, 1);
  save(store, 2);
  fs::remove(folder_ / "run/LATEST");
  write_text(folder_ / "run/LATEST.txt", "epoch_0_step_1\n");
  EXPECT_EQ(store.find("LATEST").checkpoint->manifest.step, 1);
  EXPECT_EQ(store.find((folder_ / "run/LATEST").string()).checkpoint->manifest.step, 1);
}

TEST_F(StoreTest, AFolderInTheLinksPlaceIsSeenAtTheStart) {
  fs::create_directories(folder_ / "run/LATEST");
  expect_error(ErrorKind::invalid_argument, "run/LATEST is no link, but a folder",
               [this] { open(); });
}

TEST_F(StoreTest, LogsAreHeldOnlyWhereNoCheckpointsAre) {
  {
    const auto lock = hold_for_logs(folder_ / "run");
    expect_error(ErrorKind::invalid_argument, "another run", [this] { open(); });
  }
  {
    auto store = open();
    expect_error(ErrorKind::invalid_argument, "another run",
                 [this] { hold_for_logs(folder_ / "run"); });
    save(store, 4);
  }
  expect_error(ErrorKind::invalid_argument, "holds checkpoints, e.g. epoch_0_step_4",
               [this] { hold_for_logs(folder_ / "run"); });
}

TEST_F(StoreTest, NamesTheCheckpointsThatExist) {
  auto store = open();
  expect_error(ErrorKind::not_found, "there is no checkpoint 'LOWEST_VAL'",
               [&] { store.find("LOWEST_VAL"); });
  save(store, 1);
  expect_error(ErrorKind::not_found, "there is epoch_0_step_1", [&] { store.find("LOWEST_VAL"); });
}

TEST_F(StoreTest, TheLatestOfNoneIsAFreshStart) {
  const auto found = open().find("LATEST");
  EXPECT_FALSE(found.checkpoint);
  EXPECT_THAT(found.warnings, ElementsAre(HasSubstr("yet, so the run begins anew")));
}

TEST_F(StoreTest, GoesBackBehindADamagedCheckpoint) {
  auto store = open();
  save(store, 1);
  save(store, 2);
  write_text(folder_ / "run/epoch_0_step_2/model/value", "3");
  const auto found = store.find(std::nullopt);
  EXPECT_EQ(found.checkpoint->manifest.step, 1);
  EXPECT_THAT(found.warnings, ElementsAre(HasSubstr("going back to the checkpoint before it")));
  expect_error(ErrorKind::corrupt_data, "is damaged", [&] { store.find("epoch_0_step_2"); });
}

TEST_F(StoreTest, AnIncompleteCheckpointIsNoFreshStart) {
  {
    auto store = open();
    save(store, 1);
    save(store, 2);
  }
  write_text(folder_ / "run/epoch_0_step_2/model/value", "longer");
  {
    const auto store = open();
    EXPECT_EQ(link("LATEST"), "epoch_0_step_2") << "is not moved to an older one unasked";
    expect_error(ErrorKind::corrupt_data, "has 6 bytes, 1 were written",
                 [&] { store.find("LATEST"); });
    const auto found = store.find(std::nullopt);
    EXPECT_EQ(found.checkpoint->manifest.step, 1);
    EXPECT_THAT(found.warnings, ElementsAre(HasSubstr("has 6 bytes, 1 were written")));
  }
  write_text(folder_ / "run/epoch_0_step_1/manifest.json", "");
  {
    const auto store = open();
    for (const auto& name : {std::optional<std::string>(), std::optional<std::string>("LATEST")}) {
      expect_error(ErrorKind::corrupt_data, "none of the 2 checkpoints in ",
                   [&] { store.find(name); });
    }
  }
  expect_error(ErrorKind::invalid_argument, "holds checkpoints, e.g. epoch_0_step_1",
               [&] { hold_for_logs(folder_ / "run"); });
}

TEST_F(StoreTest, ACopyUnderAnotherNameIsNotTouched) {
  auto store = open(2);
  save(store, 1);
  const auto copy = folder_ / "run/epoch_0_step_1_keep";
  fs::copy(folder_ / "run/epoch_0_step_1", copy, fs::copy_options::recursive);
  for (const std::int64_t step : {2, 3, 4}) {
    save(store, step);
  }
  EXPECT_TRUE(fs::exists(copy));
  EXPECT_THAT(steps(store), ElementsAre(4, 3));
}

TEST_F(StoreTest, TheFolderOfARunIsNoCheckpoint) {
  auto store = open();
  fs::create_directories(folder_ / "other");
  write_text(folder_ / "other/manifest.json", R"({"automodel_run": 1})");
  expect_error(ErrorKind::invalid_argument, "is the folder of a run; give one of its checkpoints",
               [&] { store.find((folder_ / "other").string()); });
}

TEST_F(StoreTest, IgnoresWhatIsNotItsOwnAndSaysSo) {
  auto store = open();
  save(store, 1);
  fs::create_directories(folder_ / "run/epoch_9_step_9/model");
  const auto found = store.find(std::nullopt);
  EXPECT_EQ(found.checkpoint->manifest.step, 1);
  EXPECT_THAT(found.warnings, ElementsAre(HasSubstr("epoch_9_step_9 is not a complete")));
}

TEST_F(StoreTest, KeepsWhatIsNotItsOwnUnderAnotherName) {
  auto store = open();
  for (const char* aside : {"epoch_0_step_3.foreign", "epoch_0_step_3.foreign2"}) {
    ASSERT_FALSE(remove_tree(folder_ / "run/epoch_0_step_3"));
    fs::create_directories(folder_ / "run/epoch_0_step_3");
    write_text(folder_ / "run/epoch_0_step_3/weights", aside);
    EXPECT_THAT(save(store, 3).warnings,
                ElementsAre(HasSubstr(std::string("it is ") + aside + " now")));
    EXPECT_EQ(read_file(folder_ / "run" / aside / "weights"), aside);
  }
  EXPECT_THAT(save(store, 3).warnings, IsEmpty());
  EXPECT_THAT(steps(store), ElementsAre(3));
}

TEST_F(StoreTest, RepairsWhatAKilledRunLeft) {
  {
    auto store = open();
    save(store, 1);
    save(store, 2);
  }
  fs::create_directories(folder_ / "run/.epoch_0_step_3.saving-1/model");
  ASSERT_FALSE(
      remove_tree(folder_ / "run/epoch_0_step_2"));  // killed between the rename and the links
  const auto store = open();
  EXPECT_FALSE(fs::exists(folder_ / "run/.epoch_0_step_3.saving-1"));
  EXPECT_EQ(link("LATEST"), "epoch_0_step_1");
  ASSERT_FALSE(remove_tree(folder_ / "run/epoch_0_step_1"));
}

/// As a save leaves them that is killed where names cannot be exchanged.
TEST_F(StoreTest, AReplacedCheckpointIsNeverLostNorCountedTwice) {
  {
    auto store = open();
    save(store, 1);
    save(store, 2);
  }
  const auto one = folder_ / "run/epoch_0_step_1";
  const auto two = folder_ / "run/epoch_0_step_2";
  fs::rename(one, replaced_name(one));  // before the new one had its name
  fs::copy(two, replaced_name(two), fs::copy_options::recursive);  // after
  fs::create_directories(folder_ / "run/mine.replaced");
  const auto store = open();
  EXPECT_THAT(steps(store), ElementsAre(2, 1));
  EXPECT_EQ(read_file(one / "model/value"), "1");
  EXPECT_FALSE(fs::exists(replaced_name(one)));
  EXPECT_FALSE(fs::exists(replaced_name(two)));
  EXPECT_TRUE(fs::exists(folder_ / "run/mine.replaced"));
}

TEST_F(StoreTest, AReplacedCheckpointStaysBesideADamagedFollower) {
  {
    auto store = open();
    save(store, 1);
  }
  const auto one = folder_ / "run/epoch_0_step_1";
  fs::copy(one, replaced_name(one), fs::copy_options::recursive);
  fs::remove(one / "model/value");
  const auto store = open();
  const auto found = store.find(std::nullopt);
  ASSERT_TRUE(found.checkpoint.has_value());
  EXPECT_EQ(found.checkpoint->path, fs::canonical(replaced_name(one)));
  EXPECT_THAT(found.warnings,
              ElementsAre(HasSubstr("model/value is missing; that checkpoint is left out")));
}

TEST_F(StoreTest, LogsAreNotHeldWhereAReplacedCheckpointIs) {
  {
    auto store = open();
    save(store, 1);
  }
  const auto one = folder_ / "run/epoch_0_step_1";
  fs::rename(one, replaced_name(one));
  expect_error(ErrorKind::invalid_argument,
               "holds checkpoints, e.g. epoch_0_step_1:", [&] { hold_for_logs(folder_ / "run"); });
}

TEST_F(StoreTest, LeavesLinksOfAnotherProgramAlone) {
  fs::create_directories(folder_ / "run/epoch_0_step_7");
  fs::create_directory_symlink("epoch_0_step_7", folder_ / "run/LATEST");
  fs::create_directory_symlink("epoch_0_step_6", folder_ / "run/LOWEST_VAL");
  const auto store = open();
  EXPECT_EQ(link("LATEST"), "epoch_0_step_7");
  EXPECT_FALSE(fs::is_symlink(folder_ / "run/LOWEST_VAL"));  // led nowhere
}

TEST_F(StoreTest, OneRunAtATime) {
  const auto store = open();
  expect_error(ErrorKind::invalid_argument, "another run", [this] { open(); });
}

}  // namespace
}  // namespace automodel::checkpoint
