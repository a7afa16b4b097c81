#include "config/key.h"

#include <gtest/gtest.h>

namespace automodel::config {
namespace {

TEST(Key, ModifiersReturnChangedCopies) {
  const Key plain = integer("n", "number of things", 3);
  EXPECT_EQ(plain.at_least(1).least, 1);
  EXPECT_FALSE(plain.least.has_value());
  EXPECT_TRUE(plain.must().required);
  EXPECT_FALSE(plain.must().fallback.has_value());
  EXPECT_EQ(integer("n", "").or_null().fallback, Json(nullptr));
  EXPECT_EQ(plain.or_null().fallback, Json(3));
  EXPECT_TRUE(mapping("m", "", {}).null_is_absent);
  EXPECT_EQ(plain.or_list().item.size(), 1U);
  EXPECT_FALSE(plain.unread("no use").dead.empty());
}

TEST(Key, FirstSpellingIsTheOneThatIsKept) {
  EXPECT_EQ(first_spelling("a|b|c"), "a");
  EXPECT_EQ(first_spelling("a"), "a");
}

}  // namespace
}  // namespace automodel::config
