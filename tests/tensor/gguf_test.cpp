#include "tensor/gguf.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/tensor/expect_error.h"
#include "tests/tensor/gguf_builder.h"
#include "tests/tensor/temporary_folder.h"

namespace automodel {
namespace {

using testing::expect_error;
using testing::GgufBuilder;
using testing::TemporaryFolder;

GgufBuilder small_file() {
  return GgufBuilder()
      .text("general.architecture", "llama")
      .texts("tokenizer.ggml.tokens", {"a", "b"})
      .flag("tokenizer.ggml.add_bos_token", false)
      .numbers<float>("tokenizer.ggml.scores", {0.0F, 1.0F})
      .tensor("plain", {2, 3}, {1, 2, 3, 4, 5, 6})
      .tensor("brief", GgmlType::bf16, {2}, std::string("\x80\x3F\x00\x40", 4))
      .tensor("packed", GgmlType::q8_0, {1, 32},
              std::string("\x00\x3C", 2) + std::string(32, '\3'));
}

TEST(GgufFile, GivesPlainTensorsAsViewsAndPackedOnesAsFloat32) {
  const TemporaryFolder folder;
  write_file_atomic(folder / "m.gguf", small_file().bytes());
  Tensor plain;
  {
    const GgufFile file(folder / "m.gguf");
    EXPECT_EQ(file.metadata().at("general.architecture"), "llama");
    EXPECT_EQ(file.tensors().size(), 3U);
    EXPECT_TRUE(file.contains("brief"));
    EXPECT_EQ(file.info("brief"), (TensorInfo{at::kBFloat16, {2}}));
    EXPECT_EQ(file.info("packed"), (TensorInfo{at::kFloat, {1, 32}}));
    EXPECT_EQ(file.tensor("brief")[1].item<float>(), 2);
    EXPECT_TRUE(at::equal(file.tensor("packed"), at::full({1, 32}, 3.0F)));
    EXPECT_EQ(file.tensor("plain").data_ptr(), file.tensor("plain").data_ptr());
    plain = file.tensor("plain");
  }
  EXPECT_TRUE(at::equal(plain, at::arange(1, 7, at::kFloat).view({2, 3})));
}

TEST(GgufFile, NamesTheNearestTensor) {
  const TemporaryFolder folder;
  write_file_atomic(folder / "m.gguf", small_file().bytes());
  expect_error(ErrorKind::not_found, "did you mean 'plain'",
               [&] { GgufFile(folder / "m.gguf").tensor("plane"); });
}

TEST(GgufFile, APartOfASplitModelIsRefused) {
  const TemporaryFolder folder;
  const auto open = [&](std::uint32_t parts) {
    write_file_atomic(folder / "m.gguf", small_file().u32("split.count", parts).bytes());
    return GgufFile(folder / "m.gguf").tensors().size();
  };
  EXPECT_EQ(open(1), 3U);
  expect_error(ErrorKind::unsupported, "m.gguf is one of 2 parts of a split model",
               [&] { open(2); });
}

/// Opens the file and reads every tensor; any outcome but an Error or success ends the test
/// program.
bool reads(const std::filesystem::path& path) {
  try {
    const GgufFile file(path);
    for (const GgufTensor& tensor : file.tensors()) {
      file.tensor(tensor.name).sum();
    }
    return true;
  } catch (const Error&) {
    return false;
  }
}

class DamagedGguf : public ::testing::Test {
 protected:
  bool reads_bytes(const std::string& bytes) {
    std::ofstream(folder_ / "bad", std::ios::binary) << bytes;
    return reads(folder_ / "bad");
  }
  TemporaryFolder folder_;
  std::string good_ = small_file().bytes();
};

TEST_F(DamagedGguf, EveryTruncationIsAnError) {
  EXPECT_TRUE(reads_bytes(good_));
  for (std::size_t size = 0; size < good_.size(); ++size) {
    EXPECT_FALSE(reads_bytes(good_.substr(0, size))) << size;
  }
}

TEST_F(DamagedGguf, NoFlippedByteCrashes) {
  for (std::size_t at = 0; at < good_.size(); ++at) {
    for (const int flip : {0x01, 0x80, 0xFF}) {
      std::string bytes = good_;
      bytes[at] = static_cast<char>(bytes[at] ^ flip);
      reads_bytes(bytes);
    }
  }
}

}  // namespace
}  // namespace automodel
