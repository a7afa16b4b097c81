#include "data/mock_sentences.h"

#include <numeric>

#include "base/stopwatch.h"
#include "data/registry.h"
#include "data/support.h"

namespace automodel::data {
namespace {

using ::testing::HasSubstr;

TEST(MockSentences, AreSentencesThatEnd) {
  const auto rows = make_mock_unpacked_dataset(
      {.num_sentences = 50, .sentences = {.vocab_size = 9, .max_sentence_len = 12}});
  ASSERT_EQ(rows->size(), 50);
  for (std::int64_t i = 0; i < rows->size(); ++i) {
    const auto sample = rows->sample(i);
    EXPECT_EQ(sample.ids.back(), 1);
    EXPECT_GE(sample.ids.size(), 2U);
    EXPECT_LE(sample.ids.size(), 13U);
    for (std::size_t t = 0; t + 1 < sample.ids.size(); ++t) {
      EXPECT_GE(sample.ids[t], 2);
      EXPECT_LT(sample.ids[t], 9);
    }
    EXPECT_EQ(num_trained_tokens(sample), static_cast<std::int64_t>(sample.ids.size()) - 1);
  }
  EXPECT_EQ(rows->location(3), "mock row 3");
}

TEST(MockSentences, PacksAreFilledExactly) {
  const auto rows = make_mock_packed_dataset({.num_blocks = 4, .block_size = 64});
  ASSERT_EQ(rows->size(), 4);
  for (std::int64_t i = 0; i < rows->size(); ++i) {
    const auto sample = rows->sample(i);
    EXPECT_EQ(sample.ids.size(), 64U);
    EXPECT_GT(sample.document_lengths.size(), 1U);
    EXPECT_EQ(std::reduce(sample.document_lengths.begin(), sample.document_lengths.end()), 64);
  }
}

TEST(MockSentences, TheSeedDecides) {
  const auto make = [](std::uint64_t seed) {
    return make_mock_unpacked_dataset({.sentences = {.seed = seed}});
  };
  EXPECT_EQ(make(3)->sample(0), make(3)->sample(0));
  EXPECT_NE(make(3)->sample(0), make(4)->sample(0));
  EXPECT_EQ(make(3)->content_hash(), make(3)->content_hash());
  EXPECT_NE(make(3)->content_hash(), make(4)->content_hash());
}

TEST(MockSentences, WhatCannotBeIsRefused) {
  EXPECT_THAT(error_of([] { make_mock_unpacked_dataset({.num_sentences = 0}); }),
              HasSubstr("num_sentences must be at least 1"));
  EXPECT_THAT(error_of([] { make_mock_packed_dataset({.sentences = {.vocab_size = 2}}); }),
              HasSubstr("vocab_size must be at least 3"));
  EXPECT_THAT(
      error_of([] { make_mock_packed_dataset({.block_size = 5, .sentences = {.mean_len = 30}}); }),
      HasSubstr("did not fill a block of 5 tokens exactly; change dataset.block_size"));
  EXPECT_THAT(error_of([] {
                make_dataset("mock.build_unpacked_dataset", {{"mean_len", "long"}}, mock_text(9));
              }),
              HasSubstr("dataset.mean_len must be a number, found \"long\""));
}

TEST(MockText, NamesTheTokens) {
  const auto text = mock_text(5);
  EXPECT_EQ(text.eos_id, 1);
  EXPECT_EQ(text.tokenizer.decode(std::vector<std::int32_t>{2, 4, 1}), "tok_2 tok_4 <eos>");
  EXPECT_EQ(text.tokenizer.encode("tok_3 <eos>").ids, (std::vector<std::int32_t>{3, 1}));
}

/// Less than a second; some minutes if each token were looked for among those before it.
TEST(MockText, TakesALargeVocabulary) {
  const Stopwatch watch;
  EXPECT_EQ(mock_text(250'000).tokenizer.encode("tok_249999").ids,
            (std::vector<std::int32_t>{249'999}));
  EXPECT_LT(watch.seconds(), 20);
}

}  // namespace
}  // namespace automodel::data
