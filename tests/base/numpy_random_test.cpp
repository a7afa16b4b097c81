#include "base/numpy_random.h"

#include <gmock/gmock.h>

namespace automodel {
namespace {

using ::testing::ElementsAre;

TEST(NumpyPermutation, IsNumpys) {
  // Python: numpy.random.default_rng(seed).permutation(count)
  EXPECT_THAT(numpy_permutation(5, 0), ElementsAre(2, 4, 3, 0, 1));
  auto first = numpy_permutation(23, 42);
  first.resize(8);
  EXPECT_THAT(first, ElementsAre(18, 10, 17, 22, 16, 15, 7, 6));
  EXPECT_THAT(numpy_permutation(10, (1ULL << 40U) + 7), ElementsAre(6, 2, 8, 7, 9, 3, 4, 1, 5, 0));
  EXPECT_THAT(numpy_permutation(0, 1), ElementsAre());
}

}  // namespace
}  // namespace automodel
