#include "data/dataset.h"

#include "data/support.h"

namespace automodel::data {
namespace {

TEST(Dataset, ErrorsOfAFormatNameTheRow) {
  const ScratchFolder folder;
  const auto path = folder.write("rows.jsonl", "{\"n\": 1}\n\n{\"n\": 2}\n");
  const auto dataset = make_row_dataset(open_rows({path}), [](const Json& row) {
    check(row["n"] == 1, ErrorKind::corrupt_data, "n is {}", row["n"].dump());
    TokenizedSample sample;
    append_document(sample, {5}, {1});
    return sample;
  });
  EXPECT_EQ(dataset->size(), 2);
  EXPECT_EQ(dataset->sample(0).ids, (std::vector<std::int32_t>{5}));
  EXPECT_EQ(dataset->location(1), path + ":3");
  EXPECT_EQ(error_of([&] { dataset->sample(1); }), path + ":3: n is 2");
}

TEST(Dataset, SelectedRows) {
  const auto all = std::make_shared<NumberRows>(5);
  const auto some = select_rows(all, {4, 1});
  EXPECT_EQ(some->size(), 2);
  EXPECT_EQ(some->sample(0), all->sample(4));
  EXPECT_EQ(some->location(1), "numbers:2");
  EXPECT_EQ(error_of([&] { select_rows(all, {5}); }), "row 5 was selected of a data set of 5 rows");
}

}  // namespace
}  // namespace automodel::data
