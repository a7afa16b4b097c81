#include "data/answer_end.h"

#include "data/support.h"
#include "data/test_text.h"

namespace automodel::data {
namespace {

std::optional<std::int32_t> end_of(const std::string& chat_template) {
  return answer_end(test_context({{"default", chat_template}}));
}

TEST(AnswerEnd, IsTheTokenBehindTheAnswerWhateverTheTokenizersEos) {
  EXPECT_EQ(answer_end(chatml_context()), kImEnd);
  EXPECT_EQ(end_of("{% for m in messages %}{{ m.content + '</s>' }}{% endfor %}"), kEos);
}

TEST(AnswerEnd, IsTheLastOfSeveral) { EXPECT_EQ(end_of(std::string(kChatMl) + "</s>\n"), kEos); }

TEST(AnswerEnd, IsNoneWhereTextOrNothingFollows) {
  EXPECT_EQ(answer_end(test_context()), std::nullopt);
  EXPECT_EQ(end_of("{% for m in messages %}{{ m.content + '\n' }}{% endfor %}"), std::nullopt);
  EXPECT_EQ(end_of("{% for m in messages %}{{ m.content + '<|im_end|> end' }}{% endfor %}"),
            std::nullopt);
  EXPECT_EQ(end_of("{{ messages[0].content }}<|im_end|>"), std::nullopt) << "shows no answer";
  EXPECT_EQ(end_of("{{ raise_exception('not so') }}"), std::nullopt);
}

TEST(AnswerEnd, OfTheNextMessageIsATokenAtWhichTheModelStops) {
  TextContext context = test_context();  // stops at </s>
  EXPECT_EQ(next_begin("a", "a</s>\nb", context), "</s>");
  EXPECT_EQ(next_begin("a\n", "a\n<|im_end|>", context), "");
  context.stop_ids = {kImEnd};
  EXPECT_EQ(next_begin("a\n", "a\n<|im_end|>", context), "<|im_end|>");
  EXPECT_EQ(next_begin("a</s>\n", "a</s>\n<|im_end|>", context), "") << "has an end";
  EXPECT_EQ(next_begin("a", "b</s>", context), "") << "is written otherwise";
  EXPECT_EQ(next_begin("a", "a", context), "");
}

}  // namespace
}  // namespace automodel::data
