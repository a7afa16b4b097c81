#include "base/lfs_pointer.h"

#include <gtest/gtest.h>

#include <string>

#include "base/error.h"

namespace automodel {
namespace {

std::string complaint(std::string_view content) {
  try {
    refuse_lfs_pointer(content, "model.safetensors");
  } catch (const Error& error) {
    return error.message();
  }
  return "";
}

TEST(LfsPointer, IsRefusedWithAdvice) {
  EXPECT_EQ(complaint("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"),
            "model.safetensors: the file is the pointer of Git LFS, whose content was not fetched: "
            "run 'git lfs pull' in its folder, or download the file again");
}

TEST(LfsPointer, OtherTextIsNone) {
  for (const auto* content : {"", "version", "version https://example.org/", "{}"}) {
    EXPECT_EQ(complaint(content), "");
  }
}

}  // namespace
}  // namespace automodel
