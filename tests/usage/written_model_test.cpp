#include "usage/written_model.h"

#include <gtest/gtest.h>

#include "base/command_line.h"
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

}  // namespace
}  // namespace automodel::usage
