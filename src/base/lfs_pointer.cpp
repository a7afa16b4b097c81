#include "base/lfs_pointer.h"

#include "base/error.h"

namespace automodel {

void refuse_lfs_pointer(std::string_view content, std::string_view source) {
  check(!content.starts_with("version https://git-lfs.github.com/spec/"), ErrorKind::corrupt_data,
        "{}: the file is the pointer of Git LFS, whose content was not fetched: run 'git lfs pull' "
        "in its folder, or download the file again",
        source);
}

}  // namespace automodel
