#include "recipes/finetune/validation.h"

#include <gmock/gmock.h>

#include "recipes/finetune/run_model.h"
#include "recipes/tiny_recipe.h"

namespace automodel::recipes {
namespace {

class ValidationTest : public ::testing::Test {
 protected:
  TinyRecipe tiny_;
  config::LoadedRecipe loaded_ = tiny_.load();
  RunModel run_ = load_run_model(loaded_.recipe);
  RunData data_ = load_run_data(loaded_.recipe, run_.source);
  Watchers watchers_{loaded_.recipe, Json::object(), std::nullopt};
  std::FILE* stream_ = std::fopen("/dev/null", "w");
  train::Progress progress_{stream_, false, 1};

  void TearDown() override { std::fclose(stream_); }
};

TEST_F(ValidationTest, LogsEachSetAndReturnsTheLossThatDecides) {
  Validation validation(loaded_.recipe, data_, 0);
  const auto loss =
      validation.run(run_.model, {.step = 3, .epoch = 1, .lr = 0.5}, watchers_, progress_);
  const Json line = read_json(tiny_.path("out/validation.jsonl"));
  EXPECT_EQ(line["val_loss"].get<double>(), loss->value);
  EXPECT_EQ(loss->set, validation.deciding_set());
  EXPECT_EQ(loss->set["rows"], 3);
  EXPECT_EQ(line["step"], 3);
  EXPECT_EQ(line["num_rows"], 3);
  EXPECT_EQ(validation.losses(3), Json({{"val_loss", loss->value}}));
  EXPECT_EQ(validation.losses(4), Json::object());
  EXPECT_TRUE(Validation::are_whole(validation.losses(3), data_));
  EXPECT_FALSE(Validation::are_whole(Json::object(), data_));
}

TEST_F(ValidationTest, ARunThatIsToStopMeasuresNothing) {
  Validation validation(loaded_.recipe, data_, 0, [] { return true; });
  EXPECT_EQ(validation.run(run_.model, {.step = 3}, watchers_, progress_), std::nullopt);
  EXPECT_EQ(read_file(tiny_.path("out/validation.jsonl")), "");
}

TEST_F(ValidationTest, NamedSetsHaveLogsOfTheirOwn) {
  data_.validation.emplace("other", data_.validation.at("default"));
  Validation validation(loaded_.recipe, data_, 0);
  validation.run(run_.model, {}, watchers_, progress_);
  const Json losses = validation.losses(0);
  EXPECT_EQ(losses.size(), 2);
  EXPECT_EQ(losses["default"], losses["other"]);
  EXPECT_TRUE(Validation::are_whole(losses, data_));
  EXPECT_FALSE(Validation::are_whole({{"default", 1}, {"train_loss", 1}}, data_));
  EXPECT_TRUE(std::filesystem::exists(tiny_.path("out/validation_other.jsonl")));
}

TEST_F(ValidationTest, TheOnlySetDecidesWhateverItsName) {
  const auto rows = data_.validation.at("default");
  data_.validation = {{"mine", rows}};
  EXPECT_TRUE(Validation(loaded_.recipe, data_, 0).run(run_.model, {}, watchers_, progress_));
  data_.validation = {{"mine", rows}, {"other", rows}};
  EXPECT_FALSE(Validation(loaded_.recipe, data_, 0).run(run_.model, {}, watchers_, progress_));
}

TEST_F(ValidationTest, TheDecidingSetIsKnownByContentAndKeys) {
  const auto set = [&](const std::vector<std::string>& overrides = {}) {
    const auto loaded = tiny_.load(overrides);
    const RunData data = load_run_data(loaded.recipe, run_.source);
    return Validation(loaded.recipe, data, 0).deciding_set();
  };
  const Json first = set();
  std::filesystem::copy_file(tiny_.path("validation.jsonl"), tiny_.path("copy.jsonl"));
  const std::string copy =
      "--validation_dataset.path_or_dataset_id=" + tiny_.path("copy.jsonl").string();
  EXPECT_EQ(set({copy}), first);
  EXPECT_NE(set({"--validation_dataset.mask_history=true"}), first);
  tiny_.write_rows("validation.jsonl", 4);
  EXPECT_NE(set(), first);
  EXPECT_EQ(set({"--validation_dataset=null"}), Json());
}

TEST_F(ValidationTest, GainsAreOfOneSet) {
  Validation(loaded_.recipe, data_, 0).run(run_.model, {.step = 0}, watchers_, progress_);
  tiny_.write_rows("validation.jsonl", 4);
  const RunData other = load_run_data(loaded_.recipe, run_.source);
  Validation validation(loaded_.recipe, other, 1);
  validation.run(run_.model, {.step = 1}, watchers_, progress_);
  EXPECT_TRUE(validation.gains().empty());
  validation.run(run_.model, {.step = 2}, watchers_, progress_);
  EXPECT_EQ(validation.gains().size(), 1);
}

TEST_F(ValidationTest, GainsAreFirstAgainstLast) {
  Validation validation(loaded_.recipe, data_, 0);
  validation.run(run_.model, {.step = -1}, watchers_, progress_);
  EXPECT_TRUE(validation.gains().empty());
  validation.run(run_.model, {.step = 1}, watchers_, progress_);
  EXPECT_EQ(validation.gains().size(), 1);
}

TEST_F(ValidationTest, GainsOfALossThatWasNotFinite) {
  const Validation validation(loaded_.recipe, data_, 0);
  write_text(tiny_.path("out/validation.jsonl"),
             "{\"val_loss\": null, \"exact_match\": 0}\n{\"val_loss\": 2}\n");
  EXPECT_THAT(validation.gains(), ::testing::ElementsAre(::testing::HasSubstr("nan -> 2.0000")));
}

TEST_F(ValidationTest, GainsSayNothingOfMatchesThatNeverWere) {
  const Validation validation(loaded_.recipe, data_, 0);
  const auto gains = [&](double before, double after) {
    const auto line = [](double match, double loss) {
      return Json{{"exact_match", match}, {"val_loss", loss}}.dump() + "\n";
    };
    write_text(tiny_.path("out/validation.jsonl"), line(before, 3) + line(after, 2.5));
    return validation.gains();
  };
  EXPECT_THAT(gains(0, 0.25), ::testing::ElementsAre("exact match on held-out rows: 0.000 -> 0.250 "
                                                     "(loss 3.0000 -> 2.5000)"));
  EXPECT_THAT(gains(0, 0), ::testing::ElementsAre("loss on held-out rows: 3.0000 -> 2.5000"));
  write_text(tiny_.path("out/validation.jsonl"),
             "{\"val_accuracy\": 0.5, \"val_loss\": 3}\n"
             "{\"val_accuracy\": 0.75, \"val_loss\": 2}\n");
  EXPECT_THAT(validation.gains(), ::testing::ElementsAre("accuracy on held-out rows: 0.500 -> "
                                                         "0.750 (loss 3.0000 -> 2.0000)"));
}

}  // namespace
}  // namespace automodel::recipes
