#include "text/bpe_json.h"

#include <gtest/gtest.h>

#include "tests/text/tokenizer/small.h"

namespace automodel::text {
namespace {

TEST(BpeJson, SettingsReplaceMembers) {
  const Json model = bpe_json(vocabulary_json({"a", "b", "ab"}, "t"),
                              Json::array({Json::array({"a", "b"})}), {{"fuse_unk", true}});
  EXPECT_EQ(model["vocab"], (Json{{"a", 0}, {"b", 1}, {"ab", 2}}));
  EXPECT_EQ(model["fuse_unk"], true);
  EXPECT_EQ(model["byte_fallback"], false);
  EXPECT_EQ(make({{"model", model}}).encode("ab").ids, std::vector<std::int32_t>{2});
}

TEST(BpeJson, TokensAreUnique) {
  EXPECT_EQ(error_of(ErrorKind::corrupt_data, [] { vocabulary_json({"a", "a"}, "t"); }),
            "t: token 'a' is there twice");
}

}  // namespace
}  // namespace automodel::text
