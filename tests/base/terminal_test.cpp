#include "base/terminal.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>

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
