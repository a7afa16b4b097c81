#pragma once
// Names in a run's folder that stand for one of its checkpoints: links or, on a file system without
// links, text files NAME.txt that hold its name.

#include <filesystem>
#include <optional>
#include <string>

namespace automodel {

inline constexpr const char* kLatest = "LATEST";
inline constexpr const char* kLowest = "LOWEST_VAL";

/// The text file that stands for a pointer.
std::filesystem::path pointer_file(const std::filesystem::path& pointer);

/// The name in that file; nothing if it is not there.
std::optional<std::string> text_target(const std::filesystem::path& pointer);

/// The path, but where a part of it called LATEST or LOWEST_VAL is missing and its text file is
/// there, what that names.
std::filesystem::path follow_pointers(const std::filesystem::path& path);

}  // namespace automodel
