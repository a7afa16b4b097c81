#include "tensor/safetensors_writer.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>

#include "base/file.h"
#include "tensor/safetensors.h"
#include "tests/tensor/expect_error.h"
#include "tests/tensor/temporary_folder.h"

namespace automodel {
namespace {

using testing::expect_error;
using testing::TemporaryFolder;

TEST(WriteSafetensors, EveryDtypeComesBack) {
  const TemporaryFolder folder;
  std::vector<NamedTensor> tensors;
  for (const auto dtype : {at::kFloat, at::kBFloat16, at::kHalf, at::kDouble, at::kLong, at::kInt,
                           at::kShort, at::kChar, at::kByte, at::kBool, at::kFloat8_e4m3fn,
                           at::kFloat8_e5m2, at::kUInt16, at::kUInt32, at::kUInt64}) {
    tensors.push_back({at::toString(dtype), at::arange(6).view({2, 3}).to(dtype)});
  }
  write_safetensors(folder / "a", tensors);
  const SafetensorsFile file(folder / "a");
  for (const auto& [name, tensor] : tensors) {
    EXPECT_EQ(file.info(name), info_of(tensor));
    EXPECT_TRUE(at::equal(file.tensor(name).view(at::kByte), tensor.view(at::kByte))) << name;
  }
}

TEST(WriteSafetensors, StridedScalarAndEmptyTensors) {
  const TemporaryFolder folder;
  const Tensor strided = at::arange(12).view({3, 4}).t();
  write_safetensors(folder / "a", std::vector<NamedTensor>{{"strided", strided},
                                                           {"scalar", at::full({}, 3.0)},
                                                           {"empty", at::empty({0, 5})}});
  const SafetensorsFile file(folder / "a");
  EXPECT_TRUE(at::equal(file.tensor("strided"), strided));
  EXPECT_EQ(file.tensor("scalar").item<float>(), 3.0F);
  EXPECT_EQ(file.tensor("empty").sizes(), (std::vector<std::int64_t>{0, 5}));
}

TEST(WriteSafetensors, TheSameTensorsGiveTheSameBytesInAnyOrder) {
  const TemporaryFolder folder;
  const NamedTensor a{"a", at::ones({3})};
  const NamedTensor b{"b", at::ones({3}, at::kBFloat16)};
  write_safetensors(folder / "1", std::vector<NamedTensor>{a, b});
  write_safetensors(folder / "2", std::vector<NamedTensor>{b, a});
  EXPECT_EQ(read_file(folder / "1"), read_file(folder / "2"));
}

TEST(WriteSafetensors, AsksForOneTensorAtATime) {
  const TemporaryFolder folder;
  const TensorInfo info{at::kFloat, {2}};
  std::vector<std::string> asked;
  write_safetensors(folder / "a", std::vector<NamedInfo>{{"y", info}, {"x", info}},
                    [&](const std::string& name) {
                      asked.push_back(name);
                      return at::zeros({2});
                    });
  EXPECT_EQ(asked, (std::vector<std::string>{"x", "y"}));
}

TEST(WriteSafetensors, AFailureLeavesTheOldFile) {
  const TemporaryFolder folder;
  write_safetensors(folder / "a", std::vector<NamedTensor>{{"x", at::ones({2})}});
  const std::string before = read_file(folder / "a");
  const std::vector<NamedInfo> announced = {{"x", {at::kFloat, {3}}}};
  expect_error(ErrorKind::invalid_argument,
               "tensor 'x' is float32 [2], but float32 [3] was announced", [&] {
                 write_safetensors(folder / "a", announced,
                                   [](const std::string&) { return at::ones({2}); });
               });
  expect_error(ErrorKind::invalid_argument, "tensor 'x' is undefined", [&] {
    write_safetensors(folder / "a", announced, [](const std::string&) { return Tensor(); });
  });
  EXPECT_EQ(read_file(folder / "a"), before);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST(WriteSafetensors, AMissingFolderIsAnError) {
  expect_error(ErrorKind::not_found, "while writing /proc/nowhere/a", [] {
    write_safetensors("/proc/nowhere/a", std::vector<NamedTensor>{{"x", at::ones({2})}});
  });
}

/// Makes writes beyond `bytes` of a file fail, as on a full disk.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    handler_ = std::signal(SIGXFSZ, SIG_IGN);
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
  void (*handler_)(int) = SIG_DFL;
};

TEST(WriteSafetensors, AFailedWriteIsAnErrorAndLeavesNothing) {
  const TemporaryFolder folder;
  const FileSizeLimit limit(4096);
  expect_error(ErrorKind::io, "cannot write", [&] {
    write_safetensors(folder / "a", std::vector<NamedTensor>{{"x", at::ones({5000})}});
  });
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

}  // namespace
}  // namespace automodel
