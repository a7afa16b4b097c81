#include "base/stop_signal.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>

namespace automodel {
namespace {

using std::chrono::milliseconds;

bool arrives(const StopSignal& stop, int signal) {
  for (int i = 0; i < 200; ++i) {
    if (stop.received() == signal) {
      return true;
    }
    std::this_thread::sleep_for(milliseconds(10));
  }
  return false;
}

TEST(StopSignal, RemembersTheFirst) {
  const StopSignal stop({SIGTERM, SIGINT});
  EXPECT_EQ(stop.received(), std::nullopt);
  kill(getpid(), SIGTERM);
  EXPECT_TRUE(arrives(stop, SIGTERM));
}

TEST(StopSignal, TellsOfTheFirst) {
  std::atomic<int> told = 0;
  const StopSignal stop({SIGTERM}, [&](int signal) { told = signal; });
  kill(getpid(), SIGTERM);
  EXPECT_TRUE(arrives(stop, SIGTERM));
  for (int i = 0; i < 200 && told == 0; ++i) {
    std::this_thread::sleep_for(milliseconds(10));
  }
  EXPECT_EQ(told, SIGTERM);
}

TEST(StopSignal, SeesWhatIsIgnored) {
  EXPECT_FALSE(StopSignal::is_ignored(SIGUSR2));
  signal(SIGUSR2, SIG_IGN);
  EXPECT_TRUE(StopSignal::is_ignored(SIGUSR2));
  signal(SIGUSR2, SIG_DFL);
}

TEST(StopSignal, LeavesOtherSignalsAlone) {
  const StopSignal stop({SIGTERM});
  sigset_t blocked{};
  pthread_sigmask(SIG_BLOCK, nullptr, &blocked);
  EXPECT_TRUE(sigismember(&blocked, SIGTERM));
  EXPECT_FALSE(sigismember(&blocked, SIGINT));
}

TEST(StopSignal, RestoresTheMask) {
  {
    const StopSignal stop({SIGTERM});
  }
  sigset_t blocked{};
  pthread_sigmask(SIG_BLOCK, nullptr, &blocked);
  EXPECT_FALSE(sigismember(&blocked, SIGTERM));
}

/// A process that gets two signals, so long apart; returns its exit status.
int status_after_two_signals(milliseconds apart) {
  const pid_t child = fork();
  if (child == 0) {
    const StopSignal stop({SIGTERM});
    kill(getpid(), SIGTERM);
    arrives(stop, SIGTERM);
    std::this_thread::sleep_for(apart);
    kill(getpid(), SIGTERM);
    std::this_thread::sleep_for(milliseconds(1500));
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WEXITSTATUS(status);
}

TEST(StopSignal, TheSecondStopsAtOnce) {
  EXPECT_EQ(status_after_two_signals(StopSignal::kSameRequest + milliseconds(100)), 128 + SIGTERM);
}

TEST(StopSignal, TwoTogetherAreOne) { EXPECT_EQ(status_after_two_signals(milliseconds(0)), 0); }

}  // namespace
}  // namespace automodel
