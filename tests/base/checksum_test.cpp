#include "base/checksum.h"

#include <gtest/gtest.h>

#include <string>

namespace automodel {
namespace {

/// Bytes 0, 1, 2 ...
std::string counting(std::size_t size) {
  std::string bytes;
  for (std::size_t i = 0; i < size; ++i) {
    bytes.push_back(static_cast<char>(i & 0xFF));
  }
  return bytes;
}

// Expected values: the reference implementation (python-xxhash, xxh64).
TEST(Checksum, EqualsTheReferenceImplementation) {
  EXPECT_EQ(checksum(""), 0xEF46DB3751D8E999U);
  EXPECT_EQ(checksum("a"), 0xD24EC4F1A98C6E5BU);
  EXPECT_EQ(checksum("abc"), 0x44BC2CF5AD770999U);
  EXPECT_EQ(checksum(counting(4)), 0xFFCED8604453CC1EU);
  EXPECT_EQ(checksum(counting(13)), 0x13D17C4C779723A8U);
  EXPECT_EQ(checksum(counting(31)), 0xC346D2B59B4D8EE1U);
  EXPECT_EQ(checksum(counting(32)), 0xCBF59C5116FF32B4U);
  EXPECT_EQ(checksum(counting(33)), 0x0C535D1ACAFB8EADU);
  EXPECT_EQ(checksum(counting(100)), 0x6AC1E58032166597U);
  EXPECT_EQ(checksum(counting(1000)), 0x6EF436B00EBA4078U);
}

TEST(Checksum, DoesNotDependOnThePieces) {
  const std::string bytes = counting(1000);
  const auto whole = checksum(bytes);
  for (const std::size_t piece : {1, 7, 31, 32, 33, 64, 999}) {
    Checksum sum;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      sum.update(std::string_view(bytes).substr(at, piece));
    }
    EXPECT_EQ(sum.digest(), whole) << piece;
  }
}

TEST(Checksum, NoticesAChangedBit) {
  std::string bytes = counting(100);
  const auto before = checksum(bytes);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<char>(bytes[i] ^ 1);
    EXPECT_NE(checksum(bytes), before) << i;
    bytes[i] = static_cast<char>(bytes[i] ^ 1);
  }
}

}  // namespace
}  // namespace automodel
