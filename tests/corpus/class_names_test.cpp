#include "corpus/class_names.h"

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

TEST(ClassNames, OfASavedDataSet) {
  const data::ScratchFolder folder;
  const auto save = [&](const Json& names) {
    folder.write(
        "dataset_info.json",
        Json{{"features", {{"label", {{"names", names}, {"_type", "ClassLabel"}}}}}}.dump());
    auto out = recipe(nullptr);
    out.dataset.keys["path_or_dataset_id"] = folder.path();
    return out;
  };
  EXPECT_THAT(class_names(save(kBadGood), {}, 2), ElementsAre("bad", "good"));
  EXPECT_THAT(class_names(save(kBadGood), {"BAD", "GOOD"}, 2), ElementsAre("BAD", "GOOD"));
  EXPECT_THAT(class_names(save(kBadGood), {"x", "y"}, 2), ElementsAre("x", "y"));
  EXPECT_THAT(class_names(save({"1", "2"}), {}, 2), IsEmpty());
  EXPECT_EQ(error(save({"bad", 7})), folder.path("dataset_info.json") +
                                         ": the classes of the column 'label' are [\"bad\",7], "
                                         "expected a list of their names");
  EXPECT_THAT(error(save(kBadGood), {"Good", "Bad"}),
              HasSubstr("the classes are Good, Bad in the model, but bad, good in " +
                        folder.path("dataset_info.json")));
  auto turned = save(kBadGood);
  turned.dataset.keys["labels"] = kGoodBad;
  EXPECT_THAT(error(turned),
              HasSubstr("the classes are good, bad in dataset.labels, but bad, good"));
}

TEST(ClassNames, OfTwoSavedDataSetsInOneOrder) {
  const data::ScratchFolder folder;
  const auto save = [&](const std::string& name, const Json& names) {
    const Json feature = {{"names", names}, {"_type", "ClassLabel"}};
    folder.write(name + "/dataset_info.json", Json{{"features", {{"label", feature}}}}.dump());
    return folder.path(name);
  };
  const auto both = [&](const Json& validation) {
    auto out = recipe(nullptr, nullptr);
    out.dataset.keys["path_or_dataset_id"] = save("train", kBadGood);
    out.validation_datasets["default"].keys["path_or_dataset_id"] = save("held_out", validation);
    return out;
  };
  EXPECT_THAT(class_names(both(kBadGood), {}, 2), ElementsAre("bad", "good"));
  const std::string expected =
      "the classes are bad, good in " + folder.path("train/dataset_info.json") +
      ", but good, bad in " + folder.path("held_out/dataset_info.json") +
      ": the same number would stand for two classes; give both data sets one order "
      "(align_labels_with_mapping of `datasets` does)";
  EXPECT_EQ(error(both(kGoodBad)), expected);
  EXPECT_EQ(error(both(kGoodBad), {"x", "y"}), expected) << "whatever the model calls them";
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
