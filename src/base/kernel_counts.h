#pragma once
// The text files in which the kernel counts by name: /proc/meminfo, /proc/self/status, memory.stat
// of a control group.

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

namespace automodel {

/// The last whole number of each line under the line's first word, without its colon:
/// "MemFree: 12 kB" is 12, in the file's unit. Lines without a number are left out; what cannot be
/// read has none.
std::map<std::string, std::uint64_t> read_kernel_counts(const std::filesystem::path& file);

}  // namespace automodel
