#include "tensor/threads.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/cores.h"
#include "tests/tensor/expect_error.h"

namespace automodel {
namespace {

class ThreadsTest : public ::testing::Test {
 protected:
  ~ThreadsTest() override { at::set_num_threads(before_); }
  int before_ = at::get_num_threads();
};

TEST_F(ThreadsTest, SetsTheNumber) {
  EXPECT_EQ(configure_threads(2), 2);
  EXPECT_EQ(at::get_num_threads(), 2);
}

TEST_F(ThreadsTest, ZeroAsksTheUserThenTheMachine) {
  const char* before = std::getenv("OMP_NUM_THREADS");
  const std::string saved = before != nullptr ? before : "";
  ::setenv("OMP_NUM_THREADS", "3", 1);
  EXPECT_EQ(configure_threads(0), 3);
  ::unsetenv("OMP_NUM_THREADS");
  EXPECT_EQ(configure_threads(0), usable_cores());
  if (before != nullptr) {
    ::setenv("OMP_NUM_THREADS", saved.c_str(), 1);
  }
}

TEST_F(ThreadsTest, RefusesANegativeNumber) {
  testing::expect_error(ErrorKind::invalid_argument, "must not be negative, found -1",
                        [] { configure_threads(-1); });
}

}  // namespace
}  // namespace automodel
