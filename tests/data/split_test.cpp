#include "data/split.h"

#include <algorithm>

#include "data/support.h"

namespace automodel::data {
namespace {

using ::testing::HasSubstr;

TEST(Split, Forms) {
  EXPECT_EQ(parse_split("train"), (Split{"train", {}, {}, false}));
  EXPECT_EQ(parse_split("train[64:]"), (Split{"train", 64, {}, false}));
  EXPECT_EQ(parse_split("validation[:-8]"), (Split{"validation", {}, -8, false}));
  EXPECT_EQ(parse_split("train[10%:20%]"), (Split{"train", 10, 20, true}));
  EXPECT_EQ(parse_split("train[:5%](pct1_dropremainder)"), (Split{"train", {}, 5, true, true}));
  for (const auto* bad :
       {"", "train[", "train[a:]", "train+test", "train[5]", "train[-:]", "train[:5%](nearest)"}) {
    EXPECT_THAT(error_of([&] { parse_split(bad); }), HasSubstr("is not understood"));
  }
  EXPECT_THAT(error_of([] { parse_split("train[1:20%]"); }), HasSubstr("mixes row numbers"));
  EXPECT_THAT(error_of([] { parse_split("train[9999999999999999999:]"); }),
              HasSubstr("is too large"));
  EXPECT_EQ(error_of([] { parse_split("train[:101%]"); }),
            "split 'train[:101%]': 101% is beyond the data set; per cent go from -100 to 100");
  EXPECT_EQ(error_of([] { parse_split("train[:5](closest)"); }),
            "split 'train[:5](closest)' says how to round, but has no per cent");
}

/// What `datasets` 5.0 makes of them (ReadInstruction.from_spec(...).to_absolute).
TEST(Split, RowsAreThoseOfDatasets) {
  struct Case {
    const char* split;
    std::int64_t num_rows;
    RowRange rows;
  };
  const std::vector<Case> cases = {
      {"train[:50%]", 1, {0, 0}},
      {"train[:50%]", 3, {0, 2}},
      {"train[:50%]", 5, {0, 2}},
      {"train[:25%]", 10, {0, 2}},
      {"train[25%:75%]", 10, {2, 8}},
      {"train[-25%:]", 10, {8, 10}},
      {"train[:-5%]", 10, {0, 0}},
      {"train[-5%:]", 10, {0, 10}},
      {"train[:5%]", 30, {0, 2}},
      {"train[35%:45%]", 30, {10, 14}},
      {"train[:15%]", 10, {0, 2}},
      {"train[:33%]", 101, {0, 33}},
      {"train[-1%:]", 250, {248, 250}},
      {"train[:99%]", 50, {0, 50}},
      {"train[90%:]", 15, {14, 15}},
      {"train[100%:]", 7, {7, 7}},
      {"train[:]", 4, {0, 4}},
      {"train[-20:2]", 10, {0, 2}},
      {"train[:33%](closest)", 250, {0, 82}},
      {"train[:33%](pct1_dropremainder)", 250, {0, 66}},
      {"train[-1%:](pct1_dropremainder)", 199, {198, 199}},
      {"train[50%:](pct1_dropremainder)", 199, {50, 199}},
      {"train[:29%]", 50, {0, 14}},
      {"train[:7%]", 50, {0, 4}},
      {"train[:1%]", 150, {0, 2}},
      {"train[57%:]", 350, {200, 350}},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(rows_of(parse_split(one.split), one.num_rows), one.rows)
        << one.split << " of " << one.num_rows;
  }
  EXPECT_EQ(error_of([] { rows_of(parse_split("train[:5%](pct1_dropremainder)"), 99); }),
            "split 'train' with pct1_dropremainder needs 100 rows or more, there are 99");
}

class Rows : public ::testing::Test {
 protected:
  std::vector<int> select(const std::string& split, const SelectOptions& options = {}) const {
    const auto rows = open_split({path_}, split, options);
    std::vector<int> numbers;
    for (std::int64_t i = 0; i < rows->size(); ++i) {
      numbers.push_back(rows->row(i)["n"]);
      EXPECT_EQ(rows->location(i), fmt::format("{}:{}", path_, numbers.back() + 1));
    }
    return numbers;
  }

 private:
  static std::string ten_rows() {
    std::string text;
    for (int i = 0; i < 10; ++i) {
      text += fmt::format("{{\"n\": {}}}\n", i);
    }
    return text;
  }
  ScratchFolder folder_;
  std::string path_ = folder_.write("rows.jsonl", ten_rows());
};

TEST_F(Rows, Slices) {
  EXPECT_EQ(select("train[7:]"), (std::vector<int>{7, 8, 9}));
  EXPECT_EQ(select("train[:2]"), (std::vector<int>{0, 1}));
  EXPECT_EQ(select("train[-2:]"), (std::vector<int>{8, 9}));
  EXPECT_EQ(select("train[20%:40%]"), (std::vector<int>{2, 3}));
  EXPECT_EQ(select("train[8:99]"), (std::vector<int>{8, 9}));
  EXPECT_EQ(select("train[4:]", {.max_rows = 2}), (std::vector<int>{4, 5}));
  EXPECT_EQ(error_of([&] { select("train[10:]"); }),
            "split 'train[10:]' selects none of the 10 rows");
  EXPECT_THAT(error_of([&] { select("train", {.max_rows = 0}); }),
              HasSubstr("a limit of 0 samples leaves nothing"));
}

TEST_F(Rows, AFileIsTheSplitTrain) {
  EXPECT_THAT(error_of([&] { select("test"); }),
              HasSubstr("rows.jsonl: split 'test' is asked for, but a file that is given by its "
                        "path is the split 'train'. Write split: train, or a part of it "
                        "(train[90%:]); or give the folder"));
  EXPECT_THAT(error_of([&] { select("validation[:3]"); }),
              HasSubstr("split 'validation' is asked"));
}

TEST(RowLimit, IsLeftOutBesideASlice) {
  const auto read = [](const std::string& split, const Json& limit) {
    Keys keys({{"limit_dataset_samples", limit}}, "dataset X");
    const auto out = read_row_limit(keys, split);
    keys.finish();
    return out;
  };
  EXPECT_EQ(read("train", 4), 4);
  EXPECT_EQ(read("train", nullptr), std::nullopt);
  EXPECT_EQ(read("train[:9]", 4), std::nullopt);
}

TEST_F(Rows, SplitsAreAdded) {
  EXPECT_EQ(select("train[:2]+train[8:]", {}), (std::vector<int>{0, 1, 8, 9}));
  EXPECT_EQ(select("train[:2] + train[8:]", {.max_rows = 3}), (std::vector<int>{0, 1, 8}));
  EXPECT_THAT(error_of([&] { select("train+train", {.shuffle_seed = 3}); }),
              HasSubstr("are not shuffled by shuffle_seed"));
}

TEST_F(Rows, TheShuffleComesBeforeTheSlice) {
  auto first = select("train[:5]", {.shuffle_seed = 3});
  const auto rest = select("train[5:]", {.shuffle_seed = 3});
  // numpy.random.default_rng(3).permutation(10)[:5], as datasets shuffles.
  EXPECT_EQ(first, (std::vector<int>{9, 6, 0, 2, 1}));
  EXPECT_NE(first, select("train[:5]", {.shuffle_seed = 4}));
  first.insert(first.end(), rest.begin(), rest.end());
  std::sort(first.begin(), first.end());
  EXPECT_EQ(first, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
}

}  // namespace
}  // namespace automodel::data
