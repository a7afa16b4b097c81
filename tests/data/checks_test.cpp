#include "data/checks.h"

#include "data/support.h"
#include "data/test_text.h"

namespace automodel::data {
namespace {

TokenizedSample one_document(std::vector<std::int32_t> ids, std::vector<std::uint8_t> mask) {
  TokenizedSample sample;
  append_document(sample, std::move(ids), std::move(mask));
  return sample;
}

std::vector<Check> failed(const TokenizedSample& sample, const CheckLimits& limits = {}) {
  return failed_checks(sample, chatml_context(), limits);
}

const TokenizedSample kGood = one_document({kBos, 'q', 'a', kImEnd, '\n'}, {0, 0, 1, 1, 0});

TEST(Checks, GoodSamplesFailNone) { EXPECT_TRUE(failed(kGood, {264, 5, {}}).empty()); }

TEST(Checks, EachFindsItsFault) {
  using Checks = std::vector<Check>;
  EXPECT_EQ(failed(one_document({'q', 'a'}, {1, 0})), (Checks{Check::no_trained_tokens}));
  EXPECT_EQ(failed(one_document({'q', 'a', kImEnd}, {0, 1, 1})), (Checks{Check::prompt_trained}));
  TokenizedSample meant = one_document({'q', 'a', kImEnd}, {0, 1, 1});
  meant.notes.all_learnt = true;
  EXPECT_TRUE(failed(meant).empty());
  EXPECT_TRUE(failed(one_document({'q', '?', 'a', kImEnd, '\n'}, {0, 0, 1, 1, 1})).empty())
      << "marks that hold the newline behind the EOS";
  TokenizedSample cut = one_document({'q', 'a', kImEnd}, {1, 1, 1});
  cut.notes.truncated = true;
  auto context = chatml_context();
  context.cuts_beginning = true;
  EXPECT_EQ(failed_checks(cut, context, {}), (Checks{Check::truncated})) << "no prompt is left";
  EXPECT_EQ(failed(one_document({'q', '?', 'a', '.'}, {0, 0, 1, 1})), (Checks{Check::missing_eos}));
  EXPECT_TRUE(failed(one_document({'q', '?', 'a', '.'}, {0, 0, 1, 1}), {.eos_ids = {'.'}}).empty());
  EXPECT_EQ(failed(one_document({kBos, kBos, 'a', kImEnd}, {0, 0, 1, 1})),
            (Checks{Check::double_bos}));
  EXPECT_EQ(failed(kGood, {.vocab_size = kImEnd}), (Checks{Check::outside_vocabulary}));
  EXPECT_EQ(failed(kGood, {.max_tokens = 4}), (Checks{Check::too_long}));
}

TEST(Checks, AnAnswerMustEndInATokenThatEndsTheModelsAnswers) {
  const auto sample = one_document({kBos, 'q', 'a', kEos, '\n'}, {0, 0, 1, 1, 0});
  EXPECT_EQ(failed(sample), (std::vector<Check>{Check::missing_eos}))
      << "a special token, but neither eos_token nor one of the model's";
  EXPECT_TRUE(failed(sample, {.eos_ids = {kEos}}).empty());
}

TEST(Checks, AnEosBehindTheAnswerMustBeLearnt) {
  // Labels that mask the id of padding mask every EOS where both are one token.
  EXPECT_EQ(failed(one_document({'q', '?', 'a', kImEnd, '\n'}, {0, 0, 1, 0, 0})),
            (std::vector<Check>{Check::masked_eos}));
  EXPECT_EQ(failed(one_document({'q', 'a', kImEnd, 'q', 'b', kImEnd}, {0, 1, 0, 0, 1, 1})),
            (std::vector<Check>{Check::masked_eos}))
      << "of an answer before the last one";
  EXPECT_EQ(failed(one_document({'q', '?', 'a', '.'}, {0, 0, 1, 0}), {.eos_ids = {'.'}}),
            (std::vector<Check>{Check::masked_eos}));
}

TEST(Checks, TwoEosTokens) {
  EXPECT_EQ(failed(one_document({'q', '?', 'a', kImEnd, kImEnd}, {0, 0, 1, 1, 1})),
            (std::vector<Check>{Check::double_eos}));
  EXPECT_EQ(failed(one_document({'q', '?', 'a', kImEnd, kImEnd}, {0, 0, 1, 1, 0})),
            (std::vector<Check>{Check::double_eos}));
}

TEST(Checks, ABosThatTheTokenizerWouldAdd) {
  TextContext context = chatml_context();
  const auto sample = one_document({'q', '?', 'a', kImEnd}, {0, 0, 1, 1});
  EXPECT_TRUE(failed_checks(sample, context, {}).empty());
  context.adds_bos = true;
  EXPECT_EQ(failed_checks(sample, context, {}), (std::vector<Check>{Check::missing_bos}));
  EXPECT_TRUE(failed_checks(kGood, context, {}).empty());
  EXPECT_TRUE(failed_checks(token_window({'a', 'b', 'c'}), context, {}).empty());
}

TEST(Checks, NotesBecomeFailures) {
  TokenizedSample sample = kGood;
  sample.notes = {.special_in_content = true, .merged_boundary = true, .empty_answer = true};
  EXPECT_EQ(failed(sample), (std::vector<Check>{Check::special_in_content, Check::merged_boundary,
                                                Check::empty_answer}));
  TokenizedSample cut = one_document({'q', '?', 'a', '.'}, {0, 0, 1, 1});
  cut.notes.truncated = true;  // has no EOS because it was cut
  EXPECT_EQ(failed(cut), (std::vector<Check>{Check::truncated}));
  sample.notes = {.not_shown = true};
  EXPECT_EQ(failed(sample), (std::vector<Check>{Check::not_shown}));
  cut.notes = {.not_truncated = true, .is_window = true};
  EXPECT_EQ(failed(cut), (std::vector<Check>{Check::not_truncated}));
}

TEST(Checks, AreListedInOrder) {
  for (std::size_t i = 0; i < all_checks().size(); ++i) {
    EXPECT_EQ(static_cast<std::size_t>(all_checks()[i].check), i);
    EXPECT_EQ(&info_of(all_checks()[i].check), &all_checks()[i]);
  }
}

TEST(Checks, Names) {
  const std::vector<std::string> good = {"missing_eos", "double_bos"};
  check_names(good);
  const std::vector<std::string> bad = {"missing_eso"};
  EXPECT_THAT(error_of([&] { check_names(bad); }),
              ::testing::StartsWith("there is no check 'missing_eso'; did you mean 'missing_eos'"));
}

TEST(Checks, WindowsOnTextNeedNoEndAndTheirLastTokenIsNotComputed) {
  const auto failed = [](std::int64_t max_tokens) {
    return failed_checks(token_window({'a', 'b', 'c', 'd', 'e'}), chatml_context(),
                         {.max_tokens = max_tokens});
  };
  EXPECT_TRUE(failed(4).empty());
  EXPECT_EQ(failed(3), (std::vector<Check>{Check::too_long}));
}

}  // namespace
}  // namespace automodel::data
