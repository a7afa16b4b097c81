#include "tensor/safetensors.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tensor/safetensors_writer.h"
#include "tests/tensor/expect_error.h"
#include "tests/tensor/temporary_folder.h"

namespace automodel {
namespace {

using testing::expect_error;
using testing::TemporaryFolder;

TEST(SafetensorsFile, GivesViewsThatOutliveIt) {
  const TemporaryFolder folder;
  const Tensor weight = at::randn({4, 6});
  write_safetensors(folder / "a", std::vector<NamedTensor>{{"w", weight}});
  Tensor read;
  {
    const SafetensorsFile file(folder / "a");
    EXPECT_EQ(file.metadata().at("format"), "pt");
    EXPECT_EQ(file.info("w"), info_of(weight));
    EXPECT_TRUE(file.contains("w"));
    read = file.tensor("w");
    EXPECT_EQ(read.data_ptr(), file.tensor("w").data_ptr());
  }
  EXPECT_TRUE(at::equal(read, weight));
}

TEST(SafetensorsFile, CopiesUnalignedData) {
  const TemporaryFolder folder;
  const std::string json = R"({"b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                           R"("w":{"dtype":"I32","shape":[1],"data_offsets":[1,5]}})";
  std::string bytes(8, '\0');
  bytes[0] = static_cast<char>(json.size());
  write_file_atomic(folder / "a", bytes + json + std::string("\1\2\0\0\0", 5));
  EXPECT_EQ(SafetensorsFile(folder / "a").tensor("w").item<int>(), 2);
}

TEST(SafetensorsFile, NamesTheNearestTensor) {
  const TemporaryFolder folder;
  write_safetensors(folder / "a", std::vector<NamedTensor>{{"layer.weight", at::zeros({1})}});
  expect_error(ErrorKind::not_found, "did you mean 'layer.weight'",
               [&] { SafetensorsFile(folder / "a").tensor("layer.weigth"); });
}

TEST(SafetensorsFile, RefusesBoolsThatAreNone) {
  const TemporaryFolder folder;
  write_safetensors(folder / "a", std::vector<NamedTensor>{{"m", at::ones({2}, at::kBool)}});
  std::string bytes = read_file(folder / "a");
  bytes.back() = '\2';
  write_file_atomic(folder / "a", bytes);
  expect_error(ErrorKind::corrupt_data, "other than 0 and 1",
               [&] { SafetensorsFile(folder / "a").tensor("m"); });
}

TEST(SafetensorsFile, MissingFile) {
  expect_error(ErrorKind::not_found, "cannot read /nowhere/a",
               [] { SafetensorsFile("/nowhere/a"); });
}

/// Opens the file and reads every tensor; any outcome but an Error or success ends the test
/// program.
bool reads(const std::filesystem::path& path) {
  try {
    const SafetensorsFile file(path);
    for (const std::string& name : file.names()) {
      file.tensor(name).sum();
    }
    return true;
  } catch (const Error&) {
    return false;
  }
}

class DamagedSafetensors : public ::testing::Test {
 protected:
  DamagedSafetensors() {
    write_safetensors(folder_ / "good", std::vector<NamedTensor>{{"w", at::ones({2, 3})},
                                                                 {"h", at::ones({3}, at::kHalf)},
                                                                 {"m", at::ones({1}, at::kBool)}});
    good_ = read_file(folder_ / "good");
  }
  bool reads_bytes(const std::string& bytes) {
    std::ofstream(folder_ / "bad", std::ios::binary) << bytes;
    return reads(folder_ / "bad");
  }
  TemporaryFolder folder_;
  std::string good_;
};

TEST_F(DamagedSafetensors, EveryTruncationIsAnError) {
  for (std::size_t size = 0; size < good_.size(); ++size) {
    EXPECT_FALSE(reads_bytes(good_.substr(0, size))) << size;
  }
}

TEST_F(DamagedSafetensors, NoFlippedByteCrashes) {
  EXPECT_TRUE(reads_bytes(good_));
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
