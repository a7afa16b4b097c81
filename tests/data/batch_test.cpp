#include "data/batch.h"

#include "data/support.h"

namespace automodel::data {
namespace {

TokenizedSample two_documents() {
  TokenizedSample sample;
  append_document(sample, {10, 11, 12}, {0, 0, 1});
  append_document(sample, {20, 21}, {0, 1});
  return sample;
}

TokenizedSample one_document() {
  TokenizedSample sample;
  append_document(sample, {30, 31, 32, 33}, {1, 1, 0, 1});
  return sample;
}

TEST(Batch, LabelsAreShiftedWithinDocuments) {
  const std::vector<TokenizedSample> samples = {two_documents(), one_document()};
  const std::vector<std::int64_t> rows = {7, 5};
  const Batch batch = collate(samples, rows);
  EXPECT_EQ(batch.ids, (std::vector<std::int64_t>{10, 11, 12, 20, 21, 30, 31, 32, 33}));
  EXPECT_EQ(batch.labels,
            (std::vector<std::int64_t>{-100, 12, -100, 21, -100, 31, -100, 33, -100}));
  EXPECT_EQ(batch.positions, (std::vector<std::int64_t>{0, 1, 2, 0, 1, 0, 1, 2, 3}));
  EXPECT_EQ(batch.cu_seqlens, (std::vector<std::int32_t>{0, 3, 5, 9}));
  EXPECT_EQ(batch.samples, (std::vector<std::int64_t>{7, 7, 5}));
  EXPECT_EQ(num_label_tokens(batch), 4);
}

TEST(Batch, TheLastTokenMayBeDropped) {
  const std::vector<TokenizedSample> samples = {two_documents()};
  const std::vector<std::int64_t> rows = {7};
  const Batch batch = collate(samples, rows, {.drop_last_token = true});
  EXPECT_EQ(batch.ids, (std::vector<std::int64_t>{10, 11, 20}));
  EXPECT_EQ(batch.labels, (std::vector<std::int64_t>{-100, 12, 21}));
  EXPECT_EQ(batch.cu_seqlens, (std::vector<std::int32_t>{0, 2, 3}));
}

TEST(Batch, AClassIsTheLastTokensLabel) {
  TokenizedSample sample;
  sample.notes.ends_in_class = true;
  append_document(sample, {10, 11, 4}, {0, 0, 1});
  append_document(sample, {20, 3}, {0, 1});
  const std::vector<TokenizedSample> samples = {sample};
  const std::vector<std::int64_t> rows = {7};
  const Batch batch = collate(samples, rows);
  EXPECT_EQ(batch.ids, (std::vector<std::int64_t>{10, 11, 20}));
  EXPECT_EQ(batch.labels, (std::vector<std::int64_t>{-100, 4, 3}));
  EXPECT_EQ(batch, collate(samples, rows, {.drop_last_token = true}));
}

TEST(Batch, FillerHasNothingToLearn) {
  const std::vector<TokenizedSample> samples = {one_document()};
  const std::vector<std::int64_t> rows = {3};
  const Batch batch = filler(collate(samples, rows));
  EXPECT_EQ(batch.ids.size(), 4U);
  EXPECT_EQ(num_label_tokens(batch), 0);
  EXPECT_EQ(batch.samples, (std::vector<std::int64_t>{-1}));
}

TEST(Batch, RefusesWhatCannotBeJoined) {
  EXPECT_EQ(error_of([] { collate({}, {}); }),
            "a micro-batch of 0 samples and 0 rows cannot be made");
  const std::vector<TokenizedSample> samples = {{.document_lengths = {0}}};
  const std::vector<std::int64_t> rows = {3};
  EXPECT_EQ(error_of([&] { collate(samples, rows); }), "row 3 of the data set has no tokens");
}

/// A data set of this row alone.
class OneRow : public Dataset {
 public:
  explicit OneRow(TokenizedSample sample) : sample_(std::move(sample)) {}
  std::int64_t size() const override { return 1; }
  TokenizedSample sample(std::int64_t /*index*/) const override { return sample_; }
  std::string location(std::int64_t /*index*/) const override { return "the row"; }
  std::uint64_t content_hash() const override { return 1; }

 private:
  TokenizedSample sample_;
};

std::string refusal_of(TokenizedSample sample, const RowLimits& limits) {
  const OneRow dataset(std::move(sample));
  return error_of([&] {
    batch_of_rows(dataset, std::vector<std::int64_t>{0}, limits, {.drop_last_token = true});
  });
}

TEST(BatchOfRows, JoinsRowsOfADataSet) {
  const NumberRows dataset(8);
  const std::vector<std::int64_t> rows = {4, 1};
  const std::vector<TokenizedSample> samples = {dataset.sample(4), dataset.sample(1)};
  EXPECT_EQ(batch_of_rows(dataset, rows, {.vocab_size = 5, .max_tokens = 3}, {}),
            collate(samples, rows));
}

TEST(BatchOfRows, NamesTheRowThatTheModelCannotTake) {
  const NumberRows dataset(8);
  const auto refusal = [&](const RowLimits& limits) {
    return error_of([&] { batch_of_rows(dataset, std::vector<std::int64_t>{1, 5}, limits, {}); });
  };
  EXPECT_EQ(refusal({.vocab_size = 5}),
            "numbers:6: the row has the token id 5, which the model's embedding of 5 rows does not "
            "have: mend it; if it is as it should be, the tokenizer is not this model's, or the "
            "embedding must be enlarged");
  EXPECT_EQ(refusal({.max_tokens = 3}),
            "numbers:6: the row has 4 tokens, but the model has learned 3 positions: shorten it, "
            "or set seq_length and truncation: true");
  EXPECT_EQ(refusal({}), "no error");
  EXPECT_EQ(refusal_of({.document_lengths = {0}}, {}),
            "the row: the row has no tokens: fill it or leave it out");
}

TEST(BatchOfRows, WhatIsNeitherComputedNorLearntMayBeAnything) {
  TokenizedSample sample;
  append_document(sample, {1, 2, 9}, {0, 1, 0});
  EXPECT_EQ(refusal_of(sample, {.vocab_size = 3, .max_tokens = 2}), "no error");
  sample.loss_mask = {0, 1, 1};
  EXPECT_THAT(refusal_of(sample, {.vocab_size = 3}), ::testing::HasSubstr("the token id 9,"));
  sample.notes.ends_in_class = true;
  EXPECT_EQ(refusal_of(sample, {.vocab_size = 3, .max_tokens = 2}), "no error");
  sample.ids[0] = -1;
  EXPECT_THAT(refusal_of(sample, {.vocab_size = 3}), ::testing::HasSubstr("the token id -1,"));
}

}  // namespace
}  // namespace automodel::data
