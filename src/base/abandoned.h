#pragma once
// What killed processes left of files and folders that get their name when they are complete.

#include <filesystem>
#include <string_view>

namespace automodel {

/// Removes the files and folders in `folder` that are called `prefix` and the number of a process
/// that is no more, unless a process holds them (base/file_lock.h) that has another number where it
/// runs, in another container or on another machine. On a file system without locks that cannot be
/// known: they stay. What cannot be removed stays too.
void remove_abandoned(const std::filesystem::path& folder, std::string_view prefix);

}  // namespace automodel
