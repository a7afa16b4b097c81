#include "watch/crc32.h"

#include <gtest/gtest.h>

namespace automodel::watch {
namespace {

// The check values of both polynomials.
TEST(Crc32, CheckValues) {
  EXPECT_EQ(crc32c("123456789"), 0xE3069283U);
  EXPECT_EQ(crc32("123456789"), 0xCBF43926U);
  EXPECT_EQ(crc32(""), 0U);
}

TEST(Crc32, GoesOn) { EXPECT_EQ(crc32("6789", crc32("12345")), 0xCBF43926U); }

}  // namespace
}  // namespace automodel::watch
