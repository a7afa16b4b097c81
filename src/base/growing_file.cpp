#include "base/growing_file.h"

#include "base/error.h"

namespace automodel {

GrowingFile::GrowingFile(std::filesystem::path path) : path_(std::move(path)) {
  std::error_code error;
  std::filesystem::create_directories(path_.parent_path(), error);
  check(!error, ErrorKind::io, "cannot make the folder {}: {}", path_.parent_path().string(),
        error.message());
  file_.open(path_, std::ios::app | std::ios::binary);
  check(file_.good(), ErrorKind::io, "cannot write {}; is the folder writable?", path_.string());
}

void GrowingFile::write(std::string_view bytes) {
  file_ << bytes << std::flush;
  check(file_.good(), ErrorKind::io, "cannot write {}; is the disk full?", path_.string());
}

}  // namespace automodel
