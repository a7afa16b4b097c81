#include "data/split.h"

#include <algorithm>

#include "data/support.h"

namespace automodel::data {
namespace {

using testing::HasSubstr;

TEST(Split, Forms) {
  EXPECT_EQ(parse_split("train"), (Split{"train", {}, {}, false}));
  EXPECT_EQ(parse_split("train[64:]"), (Split{"train", 64, {}, false}));
  EXPECT_EQ(parse_split("validation[:-8]"), (Split{"validation", {}, -8, false}));
  EXPECT_EQ(parse_split("train[10%:20%]"), (Split{"train", 10, 20, true}));
  for (const auto* bad : {"", "train[", "train[a:]", "train+test", "train[5]", "train[-:]"}) {
    EXPECT_THAT(error_of([&] { parse_split(bad); }), HasSubstr("is not understood"));
  }
  EXPECT_THAT(error_of([] { parse_split("train[1:20%]"); }), HasSubstr("mixes row numbers"));
  EXPECT_THAT(error_of([] { parse_split("train[9999999999999999999:]"); }),
              HasSubstr("is too large"));
}

class Rows : public testing::Test {
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

TEST_F(Rows, TheShuffleComesBeforeTheSlice) {
  auto first = select("train[:5]", {.shuffle_seed = 3});
  const auto rest = select("train[5:]", {.shuffle_seed = 3});
  EXPECT_NE(first, (std::vector<int>{0, 1, 2, 3, 4}));
  EXPECT_NE(first, select("train[:5]", {.shuffle_seed = 4}));
  first.insert(first.end(), rest.begin(), rest.end());
  std::sort(first.begin(), first.end());
  EXPECT_EQ(first, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
}

}  // namespace
}  // namespace automodel::data
