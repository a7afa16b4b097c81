// A tokenizer.json of any content: refused with an Error, or it encodes and decodes.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "text/tokenizer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace automodel;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  try {
    const auto tokenizer = text::Tokenizer::from_json(parse_json(input, "fuzz"), "fuzz");
    for (const std::string_view text : {"", "ab c", "a<s>b  \u00e9\n12 \u4e2d\U0001F600"}) {
      const auto encoding = tokenizer.encode(text, {.apply_length_settings = size % 2 == 0});
      tokenizer.decode(encoding.ids, true);
    }
    text::Tokenizer::from_json(tokenizer.to_json(), "written");
  } catch (const Error&) {  // NOLINT: what is wrong with it is not the question here
  }
  return 0;
}
