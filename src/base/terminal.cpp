#include "base/terminal.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "base/environment.h"

namespace automodel {

bool rewrites_lines(int descriptor) {
  return ::isatty(descriptor) == 1 && environment("TERM") != "dumb";
}

bool shows_colours(int descriptor) {
  return rewrites_lines(descriptor) && environment("NO_COLOR").empty();
}

void ask_for_input(std::string_view what) {
  if (::isatty(STDIN_FILENO) == 1) {
    fmt::print(stderr, "type {}, then press Ctrl-D on a line of its own\n", what);
  }
}

}  // namespace automodel
