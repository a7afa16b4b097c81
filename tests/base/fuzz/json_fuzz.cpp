// Any text as JSON: refused with an Error, or it is a value that can be written and read again.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "base/json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace automodel;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  for (const auto& parse :
       {+[](std::string_view text) { return parse_json(text, "fuzz"); },
        +[](std::string_view text) { return parse_json_unique(text, "fuzz"); }}) {
    try {
      const Json value = parse(input);
      const Json again = parse_json(value.dump(), "again");
      if (again.dump() != value.dump()) {
        std::abort();
      }
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::internal) {
        std::abort();
      }
    }
  }
  return 0;
}
