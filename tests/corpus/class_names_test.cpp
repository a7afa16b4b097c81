#include "corpus/class_names.h"

#include <cstdlib>

#include "corpus/support.h"

namespace automodel::corpus {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Names = std::vector<std::string>;

/// A recipe whose data sets list these names; null: none.
config::Recipe recipe(const Json& train, const Json& validation = nullptr) {
  config::Recipe out;
  for (const auto& [section, labels] :
       {std::pair(&out.dataset, train),
        std::pair(&out.validation_datasets["default"], validation)}) {
    section->target = "seq_cls.TextClassificationDataset";
    section->keys = {{"labels", labels}};
  }
  return out;
}

std::string error(const config::Recipe& recipe, const Names& model_names = {}) {
  return data::error_of([&] { class_names(recipe, model_names, 2); });
}

const Json kBadGood = {"bad", "good"};
const Json kGoodBad = {"good", "bad"};

TEST(ClassNames, OfTheModelOrElseOfTheData) {
  EXPECT_THAT(class_names(recipe(nullptr), {}, 2), IsEmpty());
  EXPECT_THAT(class_names(recipe(nullptr), {"a", "b"}, 2), ElementsAre("a", "b"));
  EXPECT_THAT(class_names(recipe(kBadGood), {}, 2), ElementsAre("bad", "good"));
  EXPECT_THAT(class_names(recipe(kBadGood, kBadGood), {"bad", "good"}, 2),
              ElementsAre("bad", "good"));
  EXPECT_THAT(class_names(recipe(nullptr, kGoodBad), {}, 2), ElementsAre("good", "bad"));
}

/// Saved data sets, as save_to_disk of `datasets` writes them, in a folder of the test's own.
class SavedDataSets {
 public:
  /// One whose column `label` has these names; returns its folder.
  std::string save(const std::string& name, const Json& names) const {
    write_notes(name, names);
    folder_.write(name + "/state.json", R"({"_data_files": [{"filename": "data.arrow"}]})");
    return folder_.path(name);
  }
  /// A recipe that trains and validates on them.
  config::Recipe recipe_of(const Json& train, const Json& validation = nullptr) const {
    auto out = recipe(nullptr);
    out.dataset.keys["path_or_dataset_id"] = train;
    if (!validation.is_null()) {
      out.validation_datasets["default"].keys["path_or_dataset_id"] = validation;
    }
    return out;
  }
  std::string notes(const std::string& name) const {
    return folder_.path(name + "/dataset_info.json");
  }
  void write_notes(const std::string& name, const Json& names) const {
    const Json feature = {{"names", names}, {"_type", "ClassLabel"}};
    write(name + "/dataset_info.json", Json{{"features", {{"label", feature}}}}.dump());
  }
  void write(const std::string& name, const std::string& text) const { folder_.write(name, text); }
  std::string path(const std::string& name = "") const { return folder_.path(name); }

 private:
  data::ScratchFolder folder_;
};

TEST(ClassNames, OfASavedDataSet) {
  const SavedDataSets sets;
  const auto save = [&](const Json& names) { return sets.recipe_of(sets.save("set", names)); };
  EXPECT_THAT(class_names(save(kBadGood), {}, 2), ElementsAre("bad", "good"));
  EXPECT_THAT(class_names(save(kBadGood), {"BAD", "GOOD"}, 2), ElementsAre("BAD", "GOOD"));
  EXPECT_THAT(class_names(save(kBadGood), {"x", "y"}, 2), ElementsAre("x", "y"));
  EXPECT_THAT(class_names(save({"1", "2"}), {}, 2), IsEmpty());
  EXPECT_EQ(error(save({"bad", 7})), sets.notes("set") +
                                         ": the classes of the column 'label' are [\"bad\",7], "
                                         "expected a list of their names");
  EXPECT_THAT(
      error(save(kBadGood), {"Good", "Bad"}),
      HasSubstr("the classes are Good, Bad in the model, but bad, good in " + sets.notes("set")));
  auto turned = save(kBadGood);
  turned.dataset.keys["labels"] = kGoodBad;
  EXPECT_THAT(error(turned),
              HasSubstr("the classes are good, bad in dataset.labels, but bad, good"));
}

TEST(ClassNames, AModelsOtherNumberOfANameIsAnError) {
  const SavedDataSets sets;
  const auto data = sets.recipe_of(sets.save("set", {"negative", "positive"}));
  EXPECT_EQ(error(data, {"negative", "neutral", "Positive"}),
            "the classes are negative, neutral, Positive in the model, but negative, positive in " +
                sets.notes("set") +
                ", which says what the numbers in the column stand for: rows of 'Positive' would "
                "be learnt as another class. Name the classes in the data's order, or give the "
                "data these numbers (align_labels_with_mapping of `datasets` does)");
  const Names more = {"negative", "positive", "neutral"};
  EXPECT_EQ(class_names(data, more, 3), more) << "the data lack a class";
}

TEST(ClassNames, OfTwoSavedDataSetsInOneOrder) {
  const SavedDataSets sets;
  const auto both = [&](const Json& train, const Json& validation) {
    return sets.recipe_of(sets.save("train", train), sets.save("held_out", validation));
  };
  EXPECT_THAT(class_names(both(kBadGood, kBadGood), {}, 2), ElementsAre("bad", "good"));
  const std::string expected = "the classes are bad, good in " + sets.notes("train") +
                               ", but good, bad in " + sets.notes("held_out") +
                               ": 'bad' has two numbers; give both data sets one order "
                               "(align_labels_with_mapping of `datasets` does)";
  EXPECT_EQ(error(both(kBadGood, kGoodBad)), expected);
  EXPECT_EQ(error(both(kBadGood, kGoodBad), {"x", "y"}), expected)
      << "whatever the model calls them";
  EXPECT_THAT(error(both({"a", "b", "c"}, {"a", "c"})), HasSubstr("'c' has two numbers"));
  EXPECT_THAT(class_names(both({"a", "b", "c"}, {"a", "b"}), {}, 3), ElementsAre("a", "b", "c"));
}

TEST(ClassNames, OfAllPathsAndSplits) {
  const SavedDataSets sets;
  const Json paths = {sets.save("one", kBadGood), sets.save("two", kGoodBad)};
  EXPECT_THAT(error(sets.recipe_of(paths)), HasSubstr("but good, bad in " + sets.notes("two")));
  sets.save("both/train", kBadGood);
  sets.save("both/test", kGoodBad);
  sets.write("both/dataset_dict.json", R"({"splits": ["train", "test"]})");
  auto splits = sets.recipe_of(sets.path("both"), sets.path("both"));
  EXPECT_THAT(class_names(splits, {}, 2), ElementsAre("bad", "good"));
  splits.validation_datasets["default"].keys["split"] = "test[:10]";
  EXPECT_THAT(error(splits), HasSubstr("but good, bad in " + sets.notes("both/test")));
  splits = sets.recipe_of(sets.path("both"));
  splits.dataset.keys["split"] = "train+test";
  EXPECT_THAT(error(splits), HasSubstr("'bad' has two numbers"));
}

TEST(ClassNames, OfTheConfigurationThatTheKindReads) {
  const SavedDataSets sets;
  ::setenv("HF_HUB_CACHE", sets.path().c_str(), 1);
  sets.write("datasets--nyu-mll--glue/refs/main", "c0ffee");
  for (const char* name : {"cola", "mrpc"}) {
    const auto folder = fmt::format("datasets--nyu-mll--glue/snapshots/c0ffee/{}", name);
    sets.write(folder + "/train-00000-of-00001.jsonl", "{}\n");
    sets.write_notes(folder, {fmt::format("no {}", name), name});
  }
  auto mrpc = recipe(nullptr);
  mrpc.dataset = {.target = "seq_cls.GLUE_MRPC", .keys = {{"path_or_dataset", "nyu-mll/glue"}}};
  EXPECT_THAT(class_names(mrpc, {}, 2), ElementsAre("no mrpc", "mrpc"));
  ::unsetenv("HF_HUB_CACHE");
}

TEST(ClassNames, MissingDataAreTold) {
  const SavedDataSets sets;
  EXPECT_EQ(error(sets.recipe_of(sets.path("none.jsonl"))),
            sets.path("none.jsonl") + ": no such data file or folder");
}

TEST(ClassNames, SwappedClassesAreAnError) {
  EXPECT_THAT(error(recipe(kBadGood), {"good", "bad"}),
              HasSubstr("dataset.labels are bad, good, but the model's classes are good, bad "
                        "(id2label of its config.json or of the recipe): the place in the list is "
                        "the class's number, so both must be the same list. Leave out `labels`"));
  EXPECT_EQ(error(recipe(kBadGood, kGoodBad)),
            "validation_dataset.labels are good, bad, but dataset.labels are bad, good: the place "
            "in the list is the class's number, so both must be the same list");
  auto blend = recipe(nullptr);
  blend.dataset.keys = {{"parts", {{{"labels", kBadGood}}, {{"labels", kGoodBad}}}}};
  EXPECT_THAT(error(blend), HasSubstr("dataset.labels are good, bad, but dataset.labels are bad"));
}

TEST(ClassNames, OfAllClasses) {
  EXPECT_EQ(error(recipe({"a", "b", "c"})),
            "dataset.labels lists 3 classes (a, b, c), but the model tells 2; list all of them, or "
            "set model.num_labels: 3");
}

}  // namespace
}  // namespace automodel::corpus
