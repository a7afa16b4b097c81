#include "base/json_text.h"

#include <gtest/gtest.h>

namespace automodel {
namespace {

TEST(TextAt, IsTheTextOrWhatIsGivenInstead) {
  const Json object = {{"name", "a"}, {"empty", ""}, {"count", 3}, {"none", nullptr}};
  EXPECT_EQ(text_at(object, "name", "b"), "a");
  EXPECT_EQ(text_at(object, "empty", "b"), "");
  for (const char* key : {"count", "none", "absent"}) {
    EXPECT_EQ(text_at(object, key), "") << key;
    EXPECT_EQ(text_at(object, key, "b"), "b") << key;
  }
  EXPECT_EQ(text_at(Json("name"), "name", "b"), "b");
  EXPECT_EQ(text_at(Json(), "name"), "");
}

}  // namespace
}  // namespace automodel
