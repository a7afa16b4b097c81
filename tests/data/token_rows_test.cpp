#include "data/token_rows.h"

#include "data/support.h"

namespace automodel::data {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(TokenRows, IdsAndWhatIsLearnt) {
  const ScratchFolder folder;
  const auto dataset = make_token_row_dataset(
      folder.write("rows.jsonl", R"({"input_ids": [5, 6, 7], "labels": [-100, 6, 7], "n": 1}
{"input_ids": [5, 6]}
)"));
  ASSERT_EQ(dataset->size(), 2);
  const auto masked = dataset->sample(0);
  EXPECT_THAT(masked.ids, ElementsAre(5, 6, 7));
  EXPECT_THAT(masked.loss_mask, ElementsAre(0, 1, 1));
  EXPECT_THAT(masked.document_lengths, ElementsAre(3));
  EXPECT_THAT(dataset->sample(1).loss_mask, ElementsAre(1, 1));
  EXPECT_THAT(dataset->location(1), HasSubstr("rows.jsonl:2"));
}

struct WrongRow {
  std::string row, complaint;
};

class WrongTokenRow : public ::testing::TestWithParam<WrongRow> {};

TEST_P(WrongTokenRow, IsNamed) {
  const ScratchFolder folder;
  const auto dataset = make_token_row_dataset(folder.write("rows.jsonl", GetParam().row + "\n"));
  EXPECT_THAT(error_of([&] { dataset->sample(0); }),
              ::testing::AllOf(HasSubstr("rows.jsonl:1: "), HasSubstr(GetParam().complaint)));
}

INSTANTIATE_TEST_SUITE_P(
    Rows, WrongTokenRow,
    ::testing::Values(
        WrongRow{R"({"ids": [1]})", "input_ids"},
        WrongRow{R"({"input_ids": 3})", "'input_ids' must be a list of token ids, found number"},
        WrongRow{R"({"input_ids": []})", "found an empty one"},
        WrongRow{R"({"input_ids": [1.5]})", "must hold whole numbers, found 1.5"},
        WrongRow{R"({"input_ids": [-1]})", "holds -1, which is no token id"},
        WrongRow{R"({"input_ids": [4294967296]})", "holds 4294967296, which is no token id"},
        WrongRow{R"({"input_ids": [1, 2], "labels": [1]})",
                 "'labels' has 1 entries for 2 input_ids"},
        WrongRow{R"({"input_ids": [1, 2], "labels": [-100, 3]})",
                 "labels[1] is 3; it must be input_ids[1] = 2, or -100 where nothing is learnt"}));

}  // namespace
}  // namespace automodel::data
