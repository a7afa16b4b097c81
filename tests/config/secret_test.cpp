#include "config/secret.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/config/recipes.h"

namespace automodel::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(Secret, ByTheNameOfTheKey) {
  for (const char* key :
       {"api_key", "comet.api_key", "HF_TOKEN", "token", "skypilot.hf_token", "password",
        "my_secret", "auth", "HUGGING_FACE_HUB_TOKEN", "aws.access_key_id"}) {
    EXPECT_TRUE(is_secret(key)) << key;
  }
  for (const char* key :
       {"tokenizer", "max_tokens", "author", "eos_token", "start_of_turn_token", "token.name"}) {
    EXPECT_FALSE(is_secret(key)) << key;
  }
}

TEST(Secret, ByTheValueItself) {
  EXPECT_EQ(without_secrets("https://me:pass@host/a@b"), "https://******@host/a@b");
  EXPECT_EQ(without_secrets("a http://x@h b https://y:z@k"),
            "a http://******@h b https://******@k");
  EXPECT_EQ(without_secrets("Bearer hf_abcdefghijklmnopqrstuv!"), "Bearer hf_******!");
  for (const char* text : {"https://host/path@x", "hf_hub", "org/hf_model", "mail@host", ""}) {
    EXPECT_EQ(without_secrets(text), text);
  }
}

TEST(Secret, OfAWholeValue) {
  const Json value = {
      {"name", "a"}, {"api_key", "abc"}, {"tags", Json::array({"x", "http://me:abc@h"})}, {"n", 1}};
  EXPECT_EQ(masked_secrets(value), Json({{"name", "a"},
                                         {"api_key", "******"},
                                         {"tags", Json::array({"x", "http://******@h"})},
                                         {"n", 1}}));
}

TEST(Secret, OverridesAreMasked) {
  const std::vector<std::string> words = {
      "--comet.api_key=abc",   "--a.token", "abc", "--b", "abc", "--comet={'api_key': 'abc'}",
      "--c=http://me:abc@host"};
  EXPECT_THAT(masked_overrides(words),
              ElementsAre("--comet.api_key=******", "--a.token", "******", "--b", "abc",
                          "--comet=******", "--c=http://******@host"));
}

TEST(Secret, ComplaintsDoNotShowThem) {
  EXPECT_THAT(
      complaint_with({"--comet.api_key=12345"}),
      ::testing::AllOf(HasSubstr("comet.api_key: expected a text"), Not(HasSubstr("12345"))));
}

}  // namespace
}  // namespace automodel::config
