#include "base/fingerprint.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/checksum.h"
#include "base/error.h"
#include "base/file.h"

namespace automodel {
namespace {

class Files : public ::testing::Test {
 protected:
  void SetUp() override {
    remove_tree(folder_);
    std::filesystem::create_directories(folder_ / "b");
    write("a.txt", "abc");
    write("b/c.txt", "");
  }
  void TearDown() override { remove_tree(folder_); }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
  }
  std::filesystem::path folder_ = std::filesystem::path(::testing::TempDir()) / "fingerprint";
};

TEST_F(Files, OfOneFile) {
  const auto print = fingerprint(folder_ / "a.txt");
  EXPECT_EQ(print, (Fingerprint{3, checksum("abc"), false}));
  EXPECT_EQ(to_json(print)["bytes"], 3);
  EXPECT_EQ(to_json(print)["xxh64"].get<std::string>().size(), 16U);
  EXPECT_THROW(fingerprint(folder_ / "missing"), Error);
}

TEST_F(Files, OfAFolderWithoutThoseInIt) {
  const auto all = fingerprints(folder_);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all.at("a.txt").bytes, 3U);
  EXPECT_EQ(fingerprints(folder_ / "a.txt").count("a.txt"), 1U);
  EXPECT_TRUE(fingerprints(folder_ / "missing").empty());
}

TEST_F(Files, LargeOnesAreSampled) {
  write("large", "");
  std::filesystem::resize_file(folder_ / "large", (std::uintmax_t{256} << 20) + 1);
  const auto before = fingerprint(folder_ / "large");
  EXPECT_TRUE(before.is_sampled);
  EXPECT_EQ(to_json(before)["sampled"], true);
  std::fstream(folder_ / "large", std::ios::in | std::ios::out).seekp(256 << 20) << "x";
  EXPECT_NE(fingerprint(folder_ / "large").checksum, before.checksum);
}

}  // namespace
}  // namespace automodel
