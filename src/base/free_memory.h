#pragma once
// How much more memory this process can get before the kernel ends processes for want of it.

#include <cstdint>
#include <filesystem>
#include <optional>

namespace automodel {

/// What the machine can still give, or what the control groups of this process still allow if that
/// is less. What the kernel would drop or swap out first counts as free: cached files, read and
/// mapped ones too, and free swap space. UINT64_MAX where the system does not tell. `root`: where
/// proc/ and sys/ are looked for.
std::uint64_t free_memory_bytes(const std::filesystem::path& root = "/");

/// What this process holds, in memory or swapped out, that no file could be read again for. None
/// where the system does not tell.
std::optional<std::uint64_t> anonymous_memory_bytes(const std::filesystem::path& root = "/");

}  // namespace automodel
