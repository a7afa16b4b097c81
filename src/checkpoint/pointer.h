#pragma once
// A name that stands for one of its neighbours, such as LATEST for the newest checkpoint: a link
// or, on a file system without links, a text file NAME.txt that holds the neighbour's name.

#include <filesystem>
#include <optional>
#include <string>

namespace automodel::checkpoint {

/// The neighbour's name; nothing if there is neither link nor text file.
std::optional<std::string> pointer_target(const std::filesystem::path& pointer);

/// Points it to a neighbour: readers see the old target or the new one. Throws Error(io).
void point_to(const std::filesystem::path& pointer, const std::string& target);

/// Removes a pointer that leads nowhere.
void remove_dangling(const std::filesystem::path& pointer);

/// Throws Error(invalid_argument) if something else has the name.
void check_is_pointer(const std::filesystem::path& pointer);

/// The path, but where it is missing and such a text file stands for it, what that names.
std::filesystem::path follow_pointer(const std::filesystem::path& path);

}  // namespace automodel::checkpoint
