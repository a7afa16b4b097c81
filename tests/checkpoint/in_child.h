#pragma once
// Runs a part of a test in a process of its own, which may be killed or lose its rights.

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>

namespace automodel::testing {

/// Starts `action` in a copy of this process; returns its id. It ends with 0, or with 1 if an
/// expectation failed or an exception escaped. It must not compute with several
/// threads: pools do not survive a fork.
inline pid_t start_child(const std::function<void()>& action) {
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    try {
      action();
    } catch (const std::exception& error) {
      ADD_FAILURE() << error.what();
    }
    std::fflush(nullptr);
    std::_Exit(::testing::Test::HasFailure() ? 1 : 0);
  }
  return child;
}

/// Waits for a child. Returns its exit code, or minus the signal that ended it.
inline int wait_for(pid_t child) {
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

inline int run_in_child(const std::function<void()>& action) {
  return wait_for(start_child(action));
}

}  // namespace automodel::testing
