#pragma once
// What a clone without Git LFS has in the place of large files.

#include <string_view>

namespace automodel {

/// Throws Error(corrupt_data) that names `source` and what to do if `content`, a whole file, is the
/// pointer that Git LFS keeps for a file whose content was not fetched.
void refuse_lfs_pointer(std::string_view content, std::string_view source);

}  // namespace automodel
