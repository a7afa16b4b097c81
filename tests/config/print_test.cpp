#include "config/print.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/interpolate.h"
#include "config/yaml.h"
#include "tests/config/recipes.h"

namespace automodel::config {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string one(const Json& value, const char* key = "k") {
  const std::string text = print_tree(from_json({{key, value}}, {}), false);
  return text.substr(0, text.find_last_not_of(' ', text.find('#') - 1) + 1);
}

TEST(Print, ValuesReadBackAsTheyWere) {
  EXPECT_EQ(one(1), "k: 1");
  EXPECT_EQ(one(1.0), "k: 1.0");
  EXPECT_EQ(one(1e-5), "k: 1.0e-05");
  EXPECT_EQ(one(0.1), "k: 0.1");
  EXPECT_EQ(one(1e300), "k: 1.0e+300");
  EXPECT_EQ(one(nullptr), "k: null");
  EXPECT_EQ(one("text"), "k: text");
  EXPECT_EQ(one("yes"), "k: \"yes\"");
  EXPECT_EQ(one("1"), "k: \"'1'\"");
  EXPECT_EQ(one(""), "k: \"\"");
  EXPECT_EQ(one({1, "a"}), "k: [1, a]");
  EXPECT_EQ(one(Json::object()), "k: {}");
}

TEST(Print, TextsThatLookLikeValuesStayTexts) {
  for (const char* text : {"1", "None", "[1, 'a']", "{'b': \"c\"}", "1e5", "'quoted'", "true",
                           "yes", "a\nb", "(1, 2)", "0.9, 0.95", "\\x41"}) {
    const auto document = parse_yaml(one(text), "printed");
    EXPECT_EQ(to_json(type_tree(document.root, {}).root), Json({{"k", text}})) << text;
  }
}

TEST(Print, NamesAreWrittenAsTheyAreRead) {
  for (const char* key : {"_target_", "collate_fn"}) {
    for (const char* text : {"a.b", "r\"\"", "1", "None", "'quoted'", "yes", "", "(1, 2)"}) {
      const auto document = parse_yaml(one(text, key), "printed");
      EXPECT_EQ(to_json(type_tree(document.root, {}).root), Json({{key, text}})) << text;
    }
  }
}

TEST(Print, ShowsOrigins) {
  const LoadedRecipe loaded = check_text(kLeast, {"--optimizer.lr=0.5"});
  const std::string kinds = print_tree(loaded.tree, false);
  EXPECT_THAT(kinds, ::testing::ContainsRegex("  lr: 0.5 +# override\n"));
  EXPECT_THAT(kinds, ::testing::ContainsRegex("  eps: 1.0e-08 +# default\n"));
  EXPECT_THAT(kinds, ::testing::ContainsRegex("  strategy: fsdp2 +# file\n"));
  EXPECT_THAT(print_tree(loaded.tree, true),
              ::testing::ContainsRegex("  strategy: fsdp2 +# file 3:25\n"));
}

TEST(Print, MasksSecrets) {
  const Json secrets = {{"comet", {{"api_key", "abc"}, {"workspace", "w"}}},
                        {"hf_token", "abc"},
                        {"auth_token", {{"a", "abc"}}},
                        {"password", nullptr}};
  const std::string text = print_tree(from_json(secrets, {}), false);
  EXPECT_THAT(text, Not(HasSubstr("abc")));
  EXPECT_THAT(text, HasSubstr("workspace: w"));
  EXPECT_THAT(text, HasSubstr("password: null"));
}

}  // namespace
}  // namespace automodel::config
