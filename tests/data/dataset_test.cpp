#include "data/dataset.h"

#include "data/support.h"
#include "data/test_text.h"

namespace automodel::data {
namespace {

TEST(Dataset, ErrorsOfAFormatNameTheRow) {
  const ScratchFolder folder;
  const auto path = folder.write("rows.jsonl", "{\"n\": 1}\n\n{\"n\": 2}\n");
  const auto dataset = make_row_dataset(
      open_rows({path}),
      [](const Json& row) {
        check(row["n"] == 1, ErrorKind::corrupt_data, "n is {}", row["n"].dump());
        TokenizedSample sample;
        append_document(sample, {5}, {1});
        return sample;
      },
      nullptr);
  EXPECT_EQ(dataset->size(), 2);
  EXPECT_EQ(dataset->sample(0).ids, (std::vector<std::int32_t>{5}));
  EXPECT_EQ(dataset->location(1), path + ":3");
  EXPECT_EQ(error_of([&] { dataset->sample(1); }), path + ":3: n is 2");
  try {
    dataset->sample(1);
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("skip_invalid_samples: true in its data set's"));
  }
}

TEST(Dataset, SelectedRows) {
  const auto all = std::make_shared<NumberRows>(5);
  const auto some = select_rows(all, {4, 1});
  EXPECT_EQ(some->size(), 2);
  EXPECT_EQ(some->sample(0), all->sample(4));
  EXPECT_EQ(some->location(1), "numbers:2");
  EXPECT_EQ(error_of([&] { select_rows(all, {5}); }), "row 5 was selected of a data set of 5 rows");
}

TEST(Dataset, TheHashIsThatOfRowsAndTokenizerNotOfTheFilesPlace) {
  const ScratchFolder folder;
  const auto hash = [&](const std::string& name, const std::string& text,
                        std::shared_ptr<const TextContext> context) {
    return make_row_dataset(
               open_rows({folder.write(name, text)}), [](const Json&) { return TokenizedSample{}; },
               std::move(context))
        ->content_hash();
  };
  const auto context = std::make_shared<const TextContext>(test_context());
  const auto one = hash("a.jsonl", "{\"n\": 1}", context);
  EXPECT_EQ(hash("elsewhere/b.jsonl", "{\"n\": 1}", context), one);
  EXPECT_NE(hash("a.jsonl", "{\"n\": 2}", context), one);
  EXPECT_NE(hash("a.jsonl", "{\"n\": 1}", nullptr), one);
  const auto numbers = std::make_shared<NumberRows>(5);
  EXPECT_NE(select_rows(numbers, {1, 2})->content_hash(),
            select_rows(numbers, {2, 1})->content_hash());
}

}  // namespace
}  // namespace automodel::data
