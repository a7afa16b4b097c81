#include "data/limit.h"

#include "data/support.h"
#include "data/test_text.h"

namespace automodel::data {
namespace {

TokenizedSample two_documents() {
  TokenizedSample sample;
  append_document(sample, {1, 2, 3, 4}, {0, 1, 1, 1});
  append_document(sample, {5, 6}, {0, 1});
  return sample;
}

TEST(Limit, CutsEachDocument) {
  const auto cut = apply_limit(two_documents(), {.truncate = true, .seq_length = 3});
  EXPECT_EQ(cut.ids, (std::vector<std::int32_t>{1, 2, 3, 5, 6}));
  EXPECT_EQ(cut.document_lengths, (std::vector<std::int64_t>{3, 2}));
  EXPECT_TRUE(cut.notes.truncated);
  const auto whole = apply_limit(two_documents(), {.truncate = true, .seq_length = 4});
  EXPECT_EQ(whole, two_documents());
  const auto by_model = apply_limit(two_documents(), {.truncate = true, .max_tokens = 2});
  EXPECT_EQ(by_model.ids, (std::vector<std::int32_t>{1, 2, 5, 6}));
}

TEST(Limit, CutsTheBeginningBehindABos) {
  LengthLimit limit{.truncate = true, .cuts_beginning = true, .seq_length = 3};
  EXPECT_EQ(apply_limit(two_documents(), limit).ids, (std::vector<std::int32_t>{2, 3, 4, 5, 6}));
  limit.bos_id = 1;
  const auto cut = apply_limit(two_documents(), limit);
  EXPECT_EQ(cut.ids, (std::vector<std::int32_t>{1, 3, 4, 5, 6}));
  EXPECT_EQ(cut.loss_mask, (std::vector<std::uint8_t>{0, 1, 1, 0, 1}));
  EXPECT_EQ(cut.document_lengths, (std::vector<std::int64_t>{3, 2}));
  limit.seq_length = 4;
  EXPECT_EQ(apply_limit(two_documents(), limit), two_documents());
}

/// Of a conversation whose answers are a document each the late ones may be lost.
TEST(Limit, DocumentsWithNothingLearntLeftAreLeftOut) {
  TokenizedSample sample = two_documents();
  append_document(sample, {7, 8, 9}, {0, 0, 1});
  const LengthLimit limit{.truncate = true, .seq_length = 2};
  EXPECT_EQ(apply_limit(sample, limit).ids, (std::vector<std::int32_t>{1, 2, 5, 6}));
  TokenizedSample unlearnt;
  append_document(unlearnt, {7, 8, 9}, {0, 0, 1});
  EXPECT_EQ(
      apply_limit(unlearnt, {.truncate = true, .seq_length = 2, .allows_untrained = true}).ids,
      (std::vector<std::int32_t>{7, 8}));
}

/// Of a source and its target the source never had something learnt.
TEST(Limit, DocumentsThatWereNotToBeLearntStay) {
  TokenizedSample sample;
  append_document(sample, {7, 8, 9}, {0, 0, 0});
  append_document(sample, {5, 6}, {0, 1});
  EXPECT_EQ(apply_limit(sample, {.truncate = true, .seq_length = 9}), sample);
  EXPECT_EQ(apply_limit(sample, {.truncate = true, .seq_length = 2}).document_lengths,
            (std::vector<std::int64_t>{2, 2}));
  EXPECT_EQ(apply_limit(sample, {.truncate = true, .seq_length = 1, .allows_untrained = true}).ids,
            (std::vector<std::int32_t>{7, 5}))
      << "nothing learnt is left of all";
}

TEST(Limit, CutsTheEndBeforeALastEos) {
  LengthLimit limit{.truncate = true, .eos_id = 4, .seq_length = 3};
  const auto cut = apply_limit(two_documents(), limit);
  EXPECT_EQ(cut.ids, (std::vector<std::int32_t>{1, 2, 4, 5, 6}));
  EXPECT_EQ(cut.document_lengths, (std::vector<std::int64_t>{3, 2}));
  limit.seq_length = 4;
  EXPECT_EQ(apply_limit(two_documents(), limit), two_documents());
  limit = {.truncate = true, .cuts_beginning = true, .eos_id = 4, .seq_length = 3};
  EXPECT_EQ(apply_limit(two_documents(), limit).ids, (std::vector<std::int32_t>{2, 3, 4, 5, 6}));
}

TEST(Limit, CutsRolesToo) {
  TokenizedSample sample = two_documents();
  sample.roles = {Role::user, Role::user, Role::assistant, Role::tool, Role::prompt, Role::answer};
  EXPECT_EQ(
      apply_limit(sample, {.truncate = true, .seq_length = 3}).roles,
      (std::vector<Role>{Role::user, Role::user, Role::assistant, Role::prompt, Role::answer}));
}

TEST(Limit, SeqLengthAloneMarksWhatIsLonger) {
  EXPECT_EQ(apply_limit(two_documents(), {.seq_length = 4}), two_documents());
  TokenizedSample longer = two_documents();
  longer.notes.not_truncated = true;
  EXPECT_EQ(apply_limit(two_documents(), {.seq_length = 3}), longer);
}

TEST(Limit, WhatIsTooLongIsAnError) {
  EXPECT_THAT(error_of([] { apply_limit(two_documents(), {.max_tokens = 3}); }),
              ::testing::StartsWith("the row has 4 tokens, more than the 3 that the model takes"));
  EXPECT_EQ(apply_limit(two_documents(), {.max_tokens = 3, .allows_too_long = true}),
            two_documents());
}

TEST(Limit, SomethingMustBeLearnt) {
  TokenizedSample sample;
  append_document(sample, {1, 2, 3}, {1, 0, 1});
  EXPECT_EQ(error_of([&] { apply_limit(sample, {.truncate = true, .seq_length = 2}); }),
            "after truncation to 2 tokens nothing learnt is left of the row; raise seq_length (the "
            "check 'no_trained_tokens')");
  sample.loss_mask = {1, 0, 0};
  EXPECT_EQ(error_of([&] { apply_limit(sample, {}); }),
            "no token of the row is learnt (the check 'no_trained_tokens')");
  EXPECT_EQ(apply_limit(sample, {.allows_untrained = true}), sample);
}

TEST(Limit, OfAModel) {
  TextContext context = test_context();
  context.max_tokens = 7;
  context.allows_too_long = true;
  context.cuts_beginning = true;
  EXPECT_EQ(for_model({.truncate = true}, context), (LengthLimit{.truncate = true,
                                                                 .cuts_beginning = true,
                                                                 .bos_id = kBos,
                                                                 .max_tokens = 7,
                                                                 .allows_too_long = true}));
  context.allows_untrained = true;
  EXPECT_TRUE(for_model({}, context).allows_untrained);
}

TEST(Limit, Keys) {
  Keys keys({{"seq_length", 128}, {"truncation", true}, {"padding", "max_length"}}, "dataset X");
  EXPECT_EQ(read_limit(keys), (LengthLimit{.truncate = true, .seq_length = 128}));
  Keys bad({{"seq_length", -1}}, "dataset X");
  EXPECT_EQ(error_of([&] { read_limit(bad); }),
            "seq_length must be a positive number of tokens, found -1");
}

TEST(Limit, TheLesserOfTwoWhereZeroSaysNothing) {
  EXPECT_EQ(lesser_limit(3, 5), 3);
  EXPECT_EQ(lesser_limit(5, 3), 3);
  EXPECT_EQ(lesser_limit(0, 3), 3);
  EXPECT_EQ(lesser_limit(3, 0), 3);
  EXPECT_EQ(lesser_limit(0, 0), 0);
}

}  // namespace
}  // namespace automodel::data
