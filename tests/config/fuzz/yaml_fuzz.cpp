// A recipe of any content: refused with an Error, or its configuration can be printed, and what is
// printed is a recipe again.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/error.h"
#include "config/interpolate.h"
#include "config/print.h"
#include "config/scalar.h"
#include "config/yaml.h"

namespace {

using namespace automodel;  // NOLINT(google-build-using-namespace)

void require(bool ok) {
  if (!ok) {
    std::abort();
  }
}

std::string print(std::string_view text) {
  const auto document = config::parse_yaml(text, "fuzz");
  return config::print_tree(config::type_tree(document.root, {}).root, /*lines=*/false);
}

/// Variables would be put in twice, and masks are not what they hide.
void check_round_trip(std::string_view text) {
  const std::string printed = print(text);
  if (printed.find('$') == std::string::npos && printed.find("******") == std::string::npos &&
      !printed.empty()) {
    require(print(printed) == printed);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  try {
    check_round_trip(input);
  } catch (const Error& error) {  // what is wrong with it is not the question here
    require(error.kind() != ErrorKind::internal);
  }
  config::type_scalar(std::string(input), true);
  return 0;
}
