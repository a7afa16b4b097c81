#pragma once
// A name that stands for one of its neighbours, such as LATEST for the newest checkpoint: how it is
// written (base/pointer.h: how it is followed).

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

}  // namespace automodel::checkpoint
