#pragma once
// At most one process writes into a folder.

#include <filesystem>
#include <memory>

#include "base/file_lock.h"

namespace automodel::checkpoint {

/// Takes `folder`/.lock for this process. Throws Error(invalid_argument) that names the process
/// which holds it, Error(io) if nothing can be written there.
std::unique_ptr<FileLock> lock_folder(const std::filesystem::path& folder);

}  // namespace automodel::checkpoint
