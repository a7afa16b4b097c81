#include "base/processor.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>

#include "base/text.h"

namespace automodel {
namespace {

/// The value of the first line "key : value"; empty if there is none.
std::string_view field(std::string_view text, std::string_view key) {
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = text.substr(begin, end - begin);
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos && trim(line.substr(0, colon)) == key) {
      return trim(line.substr(colon + 1));
    }
    begin = end + 1;
  }
  return {};
}

/// As /proc/cpuinfo names it, and as the program does.
struct Flag {
  std::string_view flag, name;
};

constexpr std::array<Flag, 6> kFlags = {{{"avx2", "avx2"},
                                         {"avx512f", "avx512f"},
                                         {"avx512_bf16", "avx512_bf16"},
                                         {"amx_bf16", "amx_bf16"},
                                         {"asimd", "neon"},
                                         {"bf16", "bf16"}}};

}  // namespace

Processor parse_processor(std::string_view cpuinfo) {
  const std::string_view name = field(cpuinfo, "model name");
  Processor out{.name = name.empty() ? "unknown" : std::string(name), .instruction_sets = {}};
  const bool is_x86 = !field(cpuinfo, "flags").empty();
  const auto flags = split(field(cpuinfo, is_x86 ? "flags" : "Features"), ' ');
  for (const Flag& flag : kFlags) {
    if (std::find(flags.begin(), flags.end(), flag.flag) != flags.end()) {
      out.instruction_sets.emplace_back(flag.name);
    }
  }
  return out;
}

Processor this_processor() {
  std::ifstream file("/proc/cpuinfo");
  return parse_processor(std::string(std::istreambuf_iterator<char>(file), {}));
}

}  // namespace automodel
