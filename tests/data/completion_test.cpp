#include "data/completion.h"

#include "data/describe.h"
#include "data/support.h"
#include "data/test_text.h"

namespace automodel::data {
namespace {

std::string shown(const Completion& completion, const TextContext& context) {
  return show_sample(tokenize_completion(completion, context), context.tokenizer,
                     MarkStyle::brackets);
}

TEST(Completion, LearnsTheAnswerAndItsEnd) {
  EXPECT_EQ(shown({.prompt = "Why? ", .answer = "yes"}, test_context()), "Why? [yes</s>]");
  EXPECT_EQ(shown({.prompt = "Why? ", .answer = "x"}, test_context()), "Why?[ x</s>]");
  EXPECT_EQ(shown({.prompt = "Why? ", .answer = ""}, test_context()), "Why? [</s>]");
  EXPECT_EQ(shown({.prompt = "a", .answer = "b", .train_prompt = true}, test_context()),
            "ab[</s>]");
  EXPECT_EQ(shown({.prompt = "Q ", .answer = "b", .train_prompt = true}, test_context()),
            "Q[ b</s>]");
}

TEST(Completion, BringsTheTokenizersOwnBos) {
  const TextContext context = test_context({}, true);
  EXPECT_EQ(shown({.prompt = "Why? ", .answer = "yes"}, context), "<s>Why? [yes</s>]");
  const auto ids = tokenize_completion({.prompt = "Q\n", .answer = "A"}, context).ids;
  EXPECT_EQ(ids, (std::vector<std::int32_t>{kBos, 'Q', '\n', 'A', kEos}));
}

TEST(Completion, SpecialTokensInTheTextAreNoted) {
  EXPECT_TRUE(tokenize_completion({.prompt = "a</s>", .answer = "b"}, test_context())
                  .notes.special_in_content);
  EXPECT_FALSE(
      tokenize_completion({.prompt = "a", .answer = "b"}, test_context()).notes.special_in_content);
}

TEST(Completion, RolesOnDemand) {
  TextContext context = test_context({}, true);
  const Completion completion{.prompt = "Q ", .answer = "x"};
  EXPECT_TRUE(tokenize_completion(completion, context).roles.empty());
  context.finds_roles = true;
  EXPECT_EQ(tokenize_completion(completion, context).roles,
            (std::vector<Role>{Role::prompt, Role::prompt, Role::answer, Role::answer}))
      << "<s>, Q, x with its blank, </s>";
}

TEST(Completion, NeedsAnEos) {
  TextContext context = test_context();
  context.eos_id.reset();
  EXPECT_THAT(error_of([&] { tokenize_completion({.prompt = "a", .answer = "b"}, context); }),
              ::testing::StartsWith("the tokenizer has no eos_token"));
}

}  // namespace
}  // namespace automodel::data
