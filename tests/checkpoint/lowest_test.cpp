#include "checkpoint/lowest.h"

#include <gmock/gmock.h>

#include "base/file.h"
#include "tests/checkpoint/tiny_store.h"

namespace automodel::checkpoint {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
namespace fs = std::filesystem;

const Json kOld = {{"name", "default"}, {"rows", 8}, {"xxh64", "01"}};
const Json kNew = {{"name", "default"}, {"rows", 8}, {"xxh64", "02"}};
const Json kUnknown = nullptr;

class LowestTest : public TinyStore {
 protected:
  static void save(CheckpointStore& store, std::int64_t step, double loss, const Json& set) {
    TinyStore::save(store, step, ValidationLoss{.value = loss, .set = set});
  }
  std::string best() { return link("LOWEST_VAL"); }
};

TEST_F(LowestTest, IsOfTheSetThatWasMeasuredLast) {
  auto store = open();
  save(store, 15, 2.98, kOld);
  save(store, 19, 8.75, kNew);
  EXPECT_EQ(best(), "epoch_0_step_19");
  save(store, 23, 10.1, kNew);
  EXPECT_EQ(best(), "epoch_0_step_19");
  save(store, 27, 3.5, kOld);
  EXPECT_EQ(best(), "epoch_0_step_15");
}

TEST_F(LowestTest, ACheckpointWithoutALossChangesNothing) {
  auto store = open();
  save(store, 1, 2.0, kOld);
  save(store, 2, std::numeric_limits<double>::quiet_NaN(), kNew);
  EXPECT_EQ(best(), "epoch_0_step_1");
}

TEST_F(LowestTest, TheSameRowsUnderAnotherNameAreTheSameSet) {
  auto store = open();
  save(store, 1, 2.0, kOld);
  Json renamed = kOld;
  renamed["name"] = "mine";
  save(store, 2, 3.0, renamed);
  EXPECT_EQ(best(), "epoch_0_step_1");
  EXPECT_THAT(store.compare_sets(renamed), IsEmpty());
}

TEST_F(LowestTest, TheBestOfEachSetIsKept) {
  auto store = open(1);
  save(store, 11, 3.5, kOld);
  save(store, 15, 2.98, kOld);
  save(store, 19, 8.75, kNew);
  save(store, 23, 10.1, kNew);
  save(store, 27, 11.3, kNew);
  EXPECT_THAT(steps(store), ElementsAre(27, 19, 15));
  save(store, 31, 8.0, kNew);
  EXPECT_THAT(steps(store), ElementsAre(31, 15));
}

/// As CheckpointStore::find takes it.
TEST_F(LowestTest, TheSameModelInAnotherSpellingIsTheSameModel) {
  const auto open_at = [this](const fs::path& model) {
    return open(1, {{"model.pretrained_model_name_or_path", model.string()}});
  };
  fs::create_directory(folder_ / "model");
  {
    auto store = open_at(folder_ / "model");
    save(store, 1, 1.0, kOld);
    save(store, 2, 3.0, kOld);
  }
  auto store = open_at(folder_ / "run/../model");
  EXPECT_EQ(store.compare_sets(kNew).size(), 1U);
  save(store, 3, 2.0, kOld);
  EXPECT_EQ(best(), "epoch_0_step_1");
  EXPECT_THAT(steps(store), ElementsAre(3, 1));
}

TEST_F(LowestTest, OfUnknownSetsAreComparedAmongThemselves) {
  auto store = open(1);
  save(store, 1, 1.0, kUnknown);
  save(store, 2, 2.0, kUnknown);
  EXPECT_EQ(best(), "epoch_0_step_1");
  save(store, 3, 3.0, kOld);
  save(store, 4, 4.0, kOld);
  EXPECT_EQ(best(), "epoch_0_step_3");
  EXPECT_THAT(steps(store), ElementsAre(4, 3, 1));
}

TEST_F(LowestTest, AnotherSetIsTold) {
  auto store = open();
  EXPECT_THAT(store.compare_sets(kOld), IsEmpty());
  save(store, 14, 2.0, kOld);
  save(store, 15, 2.5, kOld);
  EXPECT_THAT(store.compare_sets(kOld), IsEmpty());
  EXPECT_THAT(store.compare_sets(nullptr), IsEmpty()) << "nothing is measured any more";
  EXPECT_THAT(
      store.compare_sets(kNew),
      ElementsAre(AllOf(HasSubstr("measured (xxh64 was \"01\", is \"02\"): the losses on the two"),
                        HasSubstr("epoch_0_step_14, the best on the other, stays"))));
}

TEST_F(LowestTest, CheckpointsThatDoNotSayTheirSetAreTold) {
  auto store = open();
  save(store, 14, 2.0, kUnknown);
  EXPECT_THAT(store.compare_sets(kOld),
              ElementsAre(AllOf(HasSubstr("do not say on which validation set"),
                                HasSubstr("epoch_0_step_14, the best so far, stays"))));
}

}  // namespace
}  // namespace automodel::checkpoint
