#pragma once
// What the processor is and which vector instructions it has.

#include <string>
#include <string_view>
#include <vector>

namespace automodel {

struct Processor {
  std::string name;  // "unknown" if the system does not tell
  /// Those of avx2, avx512f, avx512_bf16, amx_bf16, neon, bf16 (Arm) that it has, in this order.
  std::vector<std::string> instruction_sets;
  bool operator==(const Processor&) const = default;
};

/// Of the text of /proc/cpuinfo.
Processor parse_processor(std::string_view cpuinfo);

/// Of this machine.
Processor this_processor();

}  // namespace automodel
