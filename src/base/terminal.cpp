#include "base/terminal.h"

#include <unistd.h>

#include "base/environment.h"

namespace automodel {

bool rewrites_lines(int descriptor) {
  return ::isatty(descriptor) == 1 && environment("TERM") != "dumb";
}

bool shows_colours(int descriptor) {
  return rewrites_lines(descriptor) && environment("NO_COLOR").empty();
}

}  // namespace automodel
