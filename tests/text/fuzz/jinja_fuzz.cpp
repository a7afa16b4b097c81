// A chat template of any content: refused with an Error, or it renders within its limits.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "text/chat_template.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace automodel;
  static const Json messages = Json::parse(
      R"([{"role": "user", "content": "h\u00e9 <b>"}, {"role": "assistant", "content": "yo",
          "tool_calls": [{"function": {"name": "f", "arguments": {"a": [1, 2.5, null]}}}]}])");
  text::RenderOptions options;
  options.tools = Json::array({{{"type", "function"}, {"function", {{"name", "f"}}}}});
  options.now = 0;
  options.limits = {.steps = 200'000, .output_bytes = 1 << 20, .allocated_bytes = 1 << 24};
  try {
    const std::string source(reinterpret_cast<const char*>(data), size);
    text::ChatTemplate::parse(source, "fuzz").render(messages, options, {.bos_token = "<s>"});
  } catch (const Error&) {  // NOLINT: what is wrong with it is not the question here
  }
  return 0;
}
