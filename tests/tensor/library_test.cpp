#include "tensor/library.h"

#include <gmock/gmock.h>

namespace automodel {
namespace {

TEST(Library, TellsVersionAndKernels) {
  EXPECT_THAT(torch_version(), ::testing::StartsWith("2."));
  EXPECT_FALSE(torch_kernels().empty());
  EXPECT_THAT(torch_library(), ::testing::HasSubstr("/libtorch_cpu."));
}

}  // namespace
}  // namespace automodel
