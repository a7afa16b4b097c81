// Data files of any content under each ending (the first byte chooses): refused with an Error, or
// every row can be read and has a place.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "base/error.h"
#include "data/source.h"
#include "tests/base/fuzz/input_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace automodel;
  static const std::array<InputFile, 7> files = {
      InputFile(".jsonl"),  InputFile(".json"),     InputFile(".csv"), InputFile(".tsv"),
      InputFile(".csv.gz"), InputFile(".json.zst"), InputFile(".txt")};
  if (size == 0) {
    return 0;
  }
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string path = files.at(data[0] % files.size()).write(input);
  for (const bool skip : {false, true}) {
    try {
      const auto rows = data::open_file(path, {.skip_invalid = skip});
      for (std::int64_t i = 0; i < rows->size(); ++i) {
        if (!rows->row(i).is_object() || rows->location(i).empty()) {
          std::abort();
        }
      }
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::internal) {
        std::abort();
      }
    }
  }
  return 0;
}
