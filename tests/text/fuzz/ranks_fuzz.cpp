// tiktoken's ranks of any content: refused with an Error, or it makes a tokenizer that encodes.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "text/formats/formats.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace automodel;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  static const Json config = Json::object();
  const text::VocabularyFile file{
      .name = "fuzz.model", .content = input, .source = "fuzz", .config = config};
  try {
    const auto loaded = text::load_tokenizer(text::read_ranks(file), "fuzz");
    const auto encoding = loaded.tokenizer.encode("ab c<s>\u00e9  \n12");
    loaded.tokenizer.decode(encoding.ids);
  } catch (const Error&) {  // NOLINT: what is wrong with it is not the question here
  }
  return 0;
}
