// An index and its tokens of any content (the first two bytes say how long the index is): refused
// with an Error, or every sequence can be read.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "data/indexed_tokens.h"
#include "tests/base/fuzz/input_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace automodel;
  static const InputFile index(".idx"), tokens(".bin");
  if (size < 2) {
    return 0;
  }
  const std::string_view input(reinterpret_cast<const char*>(data) + 2, size - 2);
  const std::size_t length = std::min<std::size_t>(data[0] + 256 * data[1], input.size());
  const std::string path = index.write(input.substr(0, length));
  tokens.write(input.substr(length));
  try {
    const data::IndexedTokens file(path.substr(0, path.size() - std::string_view(".idx").size()));
    for (std::int64_t i = 0; i < file.size(); ++i) {
      std::vector<std::int32_t> ids;
      file.append(ids, i, 0, file.length(i));
      if (static_cast<std::int64_t>(ids.size()) != file.length(i)) {
        std::abort();
      }
    }
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::internal) {
      std::abort();
    }
  }
  return 0;
}
