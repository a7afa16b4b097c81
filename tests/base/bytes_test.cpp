#include "base/bytes.h"

#include <gmock/gmock.h>

#include <cstdint>

namespace automodel {
namespace {

TEST(BytesOf, AreAllOfTheNumbers) {
  EXPECT_EQ(bytes_of(std::vector<std::uint16_t>{0x6161, 0x6262}), "aabb");
  EXPECT_EQ(bytes_of(std::vector<std::int64_t>()), "");
}

}  // namespace
}  // namespace automodel
