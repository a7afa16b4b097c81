#include "data/text_checks.h"

#include "data/support.h"
#include "data/test_text.h"

namespace automodel::data {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(TextChecks, TheSameTemplateDoesNotDiffer) {
  EXPECT_EQ(template_difference(chatml_context(), chatml_context()), std::nullopt);
}

TEST(TextChecks, ATemplateThatOnlyMarksWhatIsLearntDoesNotDiffer) {
  const TextContext marked = with_template(
      "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' }}{% if m.role == 'assistant' %}"
      "{% generation %}{{ m.content + '<|im_end|>' }}{% endgeneration %}{% else %}"
      "{{ m.content + '<|im_end|>' }}{% endif %}{{ '\n' }}{% endfor %}"
      "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}");
  EXPECT_EQ(template_difference(marked, chatml_context()), std::nullopt);
}

TEST(TextChecks, ADifferenceIsShown) {
  const TextContext other =
      with_template("{% for m in messages %}[{{ m.role }}] {{ m.content }}\n{% endfor %}");
  EXPECT_EQ(
      template_difference(other, chatml_context()),
      "the data set's writes \"[user] One?\\n[assistant] Two.\\n[user] Three?\\n[assi\" where "
      "the model's writes \"<|im_start|>user\\nOne?<|im_end|>\\n<|im_start|>assi\"");
}

TEST(TextChecks, ATemplateThatRefusesDiffers) {
  const TextContext other =
      with_template(std::string("{% if messages[0].role == 'system' %}"
                                "{{ raise_exception('no system turn') }}{% endif %}") +
                    kChatMl);
  EXPECT_THAT(template_difference(other, chatml_context()).value_or(""),
              HasSubstr("no system turn"));
}

TEST(TextChecks, CallsOfToolsAreCompared) {
  const std::string calls =
      std::string("{% for t in tools or [] %}{{ t.function.name }}{% endfor %}") + kChatMl;
  EXPECT_THAT(template_difference(with_template(calls), chatml_context()).value_or(""),
              HasSubstr("writes \"look<|im_start|>user"));
  const TextContext named = test_context({{"default", kChatMl}, {"tool_use", calls}});
  EXPECT_NE(template_difference(named, chatml_context()), std::nullopt);
  EXPECT_EQ(template_difference(named, with_template(calls)), std::nullopt);
}

TEST(TextChecks, WithoutATemplateThereIsNothingToCompare) {
  EXPECT_EQ(template_difference(chatml_context(), test_context()), std::nullopt);
  EXPECT_EQ(template_difference(test_context(), chatml_context()), std::nullopt);
}

TEST(TextChecks, SomeRowsAreStoppedEarlier) {
  const TextContext none = without_checks(chatml_context(), {"missing_eos"});
  EXPECT_FALSE(none.allows_too_long || none.allows_untrained);
  const TextContext both = without_checks(chatml_context(), {"too_long", "no_trained_tokens"});
  EXPECT_TRUE(both.allows_too_long && both.allows_untrained);
  const TextContext shown = without_checks(chatml_context(), {"not_shown"});
  EXPECT_TRUE(shown.allows_hidden && !none.allows_hidden);
  EXPECT_NE(content_hash(shown), content_hash(none)) << "samples say less";
}

TEST(TextChecks, AClassThatCutsOtherwiseIsTold) {
  TextContext used = chatml_context();
  used.class_difference = "\"a\" is [\"b\"]";
  EXPECT_THAT(failed_text_checks(used, nullptr, {}),
              ElementsAre(FailedTextCheck{Check::class_differs, "\"a\" is [\"b\"]"}));
}

TEST(TextChecks, AMistralsWrongExpressionIsToldUntilItIsDecided) {
  TextContext used = chatml_context();
  used.mistral_split = text::MistralSplit{.difference = "\"a\" is [\"b\"]"};
  EXPECT_THAT(failed_text_checks(used, nullptr, {}),
              ElementsAre(FailedTextCheck{Check::mistral_regex, "\"a\" is [\"b\"]"}));
  used.mistral_split = text::MistralSplit{.is_fixed = true};
  EXPECT_TRUE(failed_text_checks(used, nullptr, {}).empty());
}

TEST(TextChecks, WhatFails) {
  const TextContext model = with_template("{{ messages }}");
  EXPECT_TRUE(failed_text_checks(chatml_context(), nullptr, {.vocab_size = 264}).empty());
  const auto found = failed_text_checks(chatml_context(), &model, {.vocab_size = 263});
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].check, Check::template_differs);
  EXPECT_EQ(found[1], (FailedTextCheck{Check::vocabulary_too_large,
                                       "the tokenizer has 264 tokens, the embedding 263 rows"}));
}

}  // namespace
}  // namespace automodel::data
