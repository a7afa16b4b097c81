#include "usage/written_model.h"

#include <gtest/gtest.h>

#include "base/command_line.h"
#include "base/error.h"
#include "base/known.h"
#include "usage/convert.h"

namespace automodel::usage {
namespace {

TEST(WrittenModel, SizesHaveUnits) {
  const std::vector<std::string> words = {"model", "out", "--max-shard-size", "5GB"};
  const auto line = known(read_line<Convert>(words));
  EXPECT_EQ(line.written.max_shard_bytes, 5'000'000'000U);
  EXPECT_EQ(line.written.dtype, "auto");
}

TEST(WrittenModel, NoSizeBelowOneByte) {
  for (const char* size : {"0", "-1", "-1GB"}) {
    const std::vector<std::string> words = {"model", "out", "--max-shard-size", size};
    EXPECT_THROW(read_line<Convert>(words), Error) << size;
  }
}

}  // namespace
}  // namespace automodel::usage
