#include "config/secret.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/config/recipes.h"

namespace automodel::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(Secret, ByTheNameOfTheKey) {
  for (const char* key : {"api_key", "comet.api_key", "HF_TOKEN", "token", "skypilot.hf_token",
                          "password", "my_secret", "auth"}) {
    EXPECT_TRUE(is_secret(key)) << key;
  }
  for (const char* key : {"tokenizer", "max_tokens", "author", "eos_token", "token.name"}) {
    EXPECT_FALSE(is_secret(key)) << key;
  }
}

TEST(Secret, OverridesAreMasked) {
  const std::vector<std::string> words = {
      "--comet.api_key=abc", "--a.token", "abc", "--b", "abc", "--comet={'api_key': 'abc'}"};
  EXPECT_THAT(masked_overrides(words), ElementsAre("--comet.api_key=******", "--a.token", "******",
                                                   "--b", "abc", "--comet=******"));
}

TEST(Secret, ComplaintsDoNotShowThem) {
  EXPECT_THAT(complaint_with({"--comet.api_key=12345"}),
              testing::AllOf(HasSubstr("comet.api_key: expected a text"), Not(HasSubstr("12345"))));
}

}  // namespace
}  // namespace automodel::config
