#include "base/terminal.h"

#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace automodel {
namespace {

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

bool rewrites_lines(int descriptor) {
  return ::isatty(descriptor) == 1 && variable("TERM") != "dumb";
}

bool shows_colours(int descriptor) {
  return rewrites_lines(descriptor) && variable("NO_COLOR").empty();
}

}  // namespace automodel
