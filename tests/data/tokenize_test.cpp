#include "data/tokenize.h"

#include "data/describe.h"
#include "data/support.h"
#include "data/test_text.h"

namespace automodel::data {
namespace {

std::string shown(const MarkedText& marked) {
  static const TextContext context = chatml_context();
  const std::vector<MarkedText> texts = {marked};
  return show_sample(tokenize(texts, context.tokenizer), context.tokenizer, MarkStyle::brackets);
}

/// The text with an answer between { and }, which are taken out.
MarkedText marked(std::string text, bool ends_at_last_special = true) {
  const std::size_t begin = text.find('{');
  text.erase(begin, 1);
  const std::size_t end = text.find('}');
  text.erase(end, 1);
  return {.text = text, .answers = {{begin, end, ends_at_last_special}}, .holes = {}};
}

TEST(Tokenize, AnswersEndWithTheirLastSpecialToken) {
  EXPECT_EQ(shown(marked("<|im_start|>assistant\n{Hi<|im_end|>\n}<|im_start|>user\n")),
            "<|im_start|>assistant\n[Hi<|im_end|>]\n<|im_start|>user\n");
  EXPECT_EQ(shown(marked("x\n{Hi<|im_end|>\n}", false)), "x\n[Hi<|im_end|>\n]");
  EXPECT_EQ(shown(marked("x\n{Hi\n}")), "x\n[Hi\n]");  // no special token: nothing to end at
  EXPECT_EQ(shown(marked("x\n{<|im_end|>}\n")), "x\n[<|im_end|>]\n");
}

TEST(Tokenize, ABlankBeforeTheAnswerBelongsToItsFirstToken) {
  // " x" is one token that begins in the prompt.
  EXPECT_EQ(shown(marked("a: {x<|im_end|>}")), "a:[ x<|im_end|>]");
  EXPECT_EQ(shown(marked("a: {y<|im_end|>}")), "a: [y<|im_end|>]");
}

TEST(Tokenize, ATokenWithLettersOfThePromptIsNotLearnt) {
  const MarkedText merged = marked("a{b!<|im_end|>}");  // "ab" is one token
  EXPECT_EQ(shown(merged), "ab[!<|im_end|>]");
  const TextContext context = chatml_context();
  const std::vector<MarkedText> texts = {merged};
  EXPECT_TRUE(tokenize(texts, context.tokenizer).notes.merged_boundary);
  const std::vector<MarkedText> clean = {marked("a\n{b<|im_end|>}")};
  EXPECT_FALSE(tokenize(clean, context.tokenizer).notes.merged_boundary);
}

TEST(Tokenize, BlankTokensBelongWhereTheyBegin) {
  EXPECT_EQ(shown(marked("a\n{\n<|im_end|>}")), "a\n\n[<|im_end|>]");  // one token "\n\n"
  EXPECT_EQ(shown(marked("a\n{b<|im_end|>}")), "a\n[b<|im_end|>]");
  EXPECT_EQ(shown(marked("a<|im_end|>{\n\nb<|im_end|>}")), "a<|im_end|>[\n\nb<|im_end|>]");
  EXPECT_EQ(shown(marked("a<|im_end|>\n{ }<|im_end|>")), "a<|im_end|>\n[ ]<|im_end|>");
}

TEST(Tokenize, HolesAreNotLearnt) {
  MarkedText text = marked("q\n{think!b<|im_end|>\n}");
  text.holes = {{2, 8}};
  EXPECT_EQ(shown(text), "q\nthink![b<|im_end|>]\n");
}

TEST(Tokenize, CharactersOfSeveralTokens) {
  EXPECT_EQ(shown(marked("\xC3\xA9\n{\xE2\x82\xAC\xC3\xA9<|im_end|>}")),
            "\xC3\xA9\n[\xE2\x82\xAC\xC3\xA9<|im_end|>]");
}

TEST(Tokenize, EmptyAnswersAreNoted) {
  const TextContext context = chatml_context();
  const auto notes = [&](const std::string& text) {
    const std::vector<MarkedText> texts = {marked(text)};
    return tokenize(texts, context.tokenizer).notes;
  };
  EXPECT_TRUE(notes("x\n{<|im_end|>\n}").empty_answer);
  EXPECT_TRUE(notes("x\n{ <|im_end|>\n}").empty_answer);
  EXPECT_FALSE(notes("x\n{y<|im_end|>\n}").empty_answer);
}

TEST(Tokenize, EachTextIsADocument) {
  const TextContext context = chatml_context();
  const std::vector<MarkedText> texts = {marked("q{a}"), marked("r{bc}")};
  const TokenizedSample sample = tokenize(texts, context.tokenizer);
  EXPECT_EQ(sample.document_lengths, (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(sample.ids, (std::vector<std::int32_t>{'q', 'a', 'r', 'b', 'c'}));
  EXPECT_EQ(sample.loss_mask, (std::vector<std::uint8_t>{0, 1, 0, 1, 1}));
}

}  // namespace
}  // namespace automodel::data
