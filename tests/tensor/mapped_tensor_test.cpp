#include "tensor/mapped_tensor.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tests/tensor/expect_error.h"
#include "tests/tensor/temporary_folder.h"

namespace automodel {
namespace {

class MappedTensorTest : public ::testing::Test {
 protected:
  MappedTensorTest() {
    write_file_atomic(folder_ / "bytes", std::string_view("\1\0\0\0\2\0\0\0\3", 9));
    file_ = std::make_shared<const MappedFile>(folder_ / "bytes");
  }
  testing::TemporaryFolder folder_;
  std::shared_ptr<const MappedFile> file_;
};

TEST_F(MappedTensorTest, AlignedBytesAreAViewThatKeepsTheMap) {
  const Tensor view = mapped_tensor(file_, 4, {at::kInt, {1}});
  EXPECT_EQ(view.data_ptr(), file_->bytes().data() + 4);
  file_.reset();
  EXPECT_EQ(view.item<int>(), 2);
}

TEST_F(MappedTensorTest, UnalignedBytesAreCopied) {
  const Tensor copy = mapped_tensor(file_, 5, {at::kInt, {1}});
  EXPECT_EQ(copy.item<int>(), 3 << 24);
}

TEST_F(MappedTensorTest, EmptyTensorsMayLieAtTheEnd) {
  EXPECT_EQ(mapped_tensor(file_, 9, {at::kInt, {0, 3}}).numel(), 0);
}

TEST_F(MappedTensorTest, BytesBeyondTheFileAreABug) {
  for (const std::uint64_t begin : {std::uint64_t{8}, std::uint64_t{10}, UINT64_MAX}) {
    testing::expect_error(ErrorKind::internal, "reaches beyond",
                          [&] { mapped_tensor(file_, begin, {at::kInt, {1}}); });
  }
}

}  // namespace
}  // namespace automodel
