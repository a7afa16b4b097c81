#include <fmt/format.h>

int main() {
  fmt::print("automodel {}\n", AM_VERSION);
  return 0;
}
