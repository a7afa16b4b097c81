#include "base/terminal.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

namespace automodel {
namespace {

class TerminalTest : public ::testing::Test {
 protected:
  TerminalTest() : terminal_(::open("/dev/ptmx", O_RDWR | O_NOCTTY)) {
    ::setenv("TERM", "xterm", 1);
    ::unsetenv("NO_COLOR");
  }
  ~TerminalTest() override {
    ::close(terminal_);
    ::unsetenv("TERM");
    ::unsetenv("NO_COLOR");
  }

  int terminal_;
};

TEST_F(TerminalTest, OnlyATerminalIsRewrittenAndColoured) {
  EXPECT_TRUE(rewrites_lines(terminal_));
  EXPECT_TRUE(shows_colours(terminal_));
  const int file = ::open("/dev/null", O_WRONLY);
  EXPECT_FALSE(rewrites_lines(file));
  EXPECT_FALSE(shows_colours(file));
  ::close(file);
}

std::string asked() {
  ::testing::internal::CaptureStderr();
  ask_for_input("words");
  return ::testing::internal::GetCapturedStderr();
}

TEST_F(TerminalTest, OnlyWhoSitsAtOneIsAskedForInput) {
  const int before = ::dup(STDIN_FILENO);
  ::dup2(terminal_, STDIN_FILENO);
  EXPECT_EQ(asked(), "type words, then press Ctrl-D on a line of its own\n");
  const int file = ::open("/dev/null", O_RDONLY);
  ::dup2(file, STDIN_FILENO);
  EXPECT_EQ(asked(), "");
  ::dup2(before, STDIN_FILENO);
  ::close(file);
  ::close(before);
}

TEST_F(TerminalTest, ADumbOneIsNeither) {
  ::setenv("TERM", "dumb", 1);
  EXPECT_FALSE(rewrites_lines(terminal_));
  EXPECT_FALSE(shows_colours(terminal_));
}

TEST_F(TerminalTest, ColoursCanBeSwitchedOff) {
  ::setenv("NO_COLOR", "1", 1);
  EXPECT_TRUE(rewrites_lines(terminal_));
  EXPECT_FALSE(shows_colours(terminal_));
  ::setenv("NO_COLOR", "", 1);
  EXPECT_TRUE(shows_colours(terminal_));
}

}  // namespace
}  // namespace automodel
