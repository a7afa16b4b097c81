#include "checkpoint/manifest.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "base/text.h"
#include "tests/checkpoint/tiny_model.h"
#include "tests/tensor/expect_error.h"

namespace automodel::checkpoint {
namespace {

using automodel::testing::expect_error;
using automodel::testing::TemporaryFolder;
using automodel::testing::write_text;
namespace fs = std::filesystem;

/// A sealed folder with two files.
class ManifestTest : public ::testing::Test {
 protected:
  ManifestTest() {
    fs::create_directories(folder_ / "model");
    write_text(folder_ / "config.yaml", "a: 1\n");
    write_text(folder_ / "model/weights", std::string(3'000'000, 'w'));
    seal(folder_.path(), {.epoch = 2,
                          .step = 30,
                          .sequence = 4,
                          .validation_loss = ValidationLoss{0.5, {{"rows", 8}}},
                          .signature = {{"peft", true}},
                          .restore_from = "LOWEST_VAL",
                          .files = {}});
  }
  void expect_damaged(const std::string& text, Thoroughness thoroughness = Thoroughness::sizes) {
    expect_error(ErrorKind::corrupt_data, text,
                 [&] { verify(folder_.path(), read_manifest(folder_.path()), thoroughness); });
  }
  /// Changes the text of manifest.json, which has no checksum then, as of an earlier version.
  void edit(const std::string& from, const std::string& to) {
    auto text = read_file(folder_ / "manifest.json");
    if (const auto at = text.find(",\n  \"xxh64\""); at != std::string::npos) {
      text.replace(at, std::string::npos, "\n}\n");
    }
    write_text(folder_ / "manifest.json", replace_all(text, from, to));
  }

  TemporaryFolder folder_;
};

TEST_F(ManifestTest, RecordsEveryFile) {
  const auto manifest = read_manifest(folder_.path());
  EXPECT_EQ(manifest.epoch, 2);
  EXPECT_EQ(manifest.step, 30);
  EXPECT_EQ(manifest.sequence, 4);
  EXPECT_EQ(manifest.validation_loss, (ValidationLoss{0.5, {{"rows", 8}}}));
  EXPECT_EQ(manifest.signature, Json({{"peft", true}}));
  EXPECT_EQ(manifest.restore_from, "LOWEST_VAL");
  ASSERT_EQ(manifest.files.size(), 2);
  EXPECT_EQ(manifest.files[1].path, "model/weights");
  EXPECT_EQ(manifest.files[1].bytes, 3'000'000);
  verify(folder_.path(), manifest, Thoroughness::contents);
}

TEST_F(ManifestTest, NoticesAMissingFile) {
  fs::remove(folder_ / "config.yaml");
  expect_damaged("config.yaml is missing");
}

TEST_F(ManifestTest, NoticesATruncatedFile) {
  fs::resize_file(folder_ / "model/weights", 2'999'999);
  expect_damaged("has 2999999 bytes, 3000000 were written");
}

TEST_F(ManifestTest, NoticesAChangedByte) {
  std::string bytes = read_file(folder_ / "model/weights");
  bytes[1'500'000] = 'W';
  write_text(folder_ / "model/weights", bytes);
  verify(folder_.path(), read_manifest(folder_.path()), Thoroughness::sizes);
  expect_damaged("is damaged", Thoroughness::contents);
}

TEST_F(ManifestTest, NoticesThatItChangedItself) {
  const auto text = read_file(folder_ / "manifest.json");
  write_text(folder_ / "manifest.json", Json::parse(text).dump());
  EXPECT_EQ(read_manifest(folder_.path()).step, 30) << "however it is set";
  for (const auto& [from, to] : {std::pair("\"step\": 30", "\"step\": 31"),
                                 {"0.5", "0.25"},
                                 {"LOWEST_VAL", "LOWEST_VAM"},
                                 {"\"peft\": true", "\"pefu\": true"}}) {
    const auto changed = replace_all(text, from, to);
    ASSERT_NE(changed, text);
    write_text(folder_ / "manifest.json", changed);
    expect_damaged("manifest.json is damaged: its checksum is not that of what it says");
  }
  write_text(folder_ / "manifest.json", text);
  edit("\"step\": 30", "\"step\": 31");
  EXPECT_EQ(read_manifest(folder_.path()).step, 31) << "earlier versions wrote no checksum";
}

TEST_F(ManifestTest, DropsALossThatIsNotFinite) {
  Manifest manifest = read_manifest(folder_.path());
  manifest.validation_loss = {.value = std::numeric_limits<double>::quiet_NaN()};
  fs::remove(folder_ / "manifest.json");
  seal(folder_.path(), manifest);
  EXPECT_EQ(read_manifest(folder_.path()).validation_loss, std::nullopt);
}

TEST_F(ManifestTest, ReadsALossWithoutItsSet) {
  edit("\"validation_set\"", "\"earlier\"");
  EXPECT_EQ(read_manifest(folder_.path()).validation_loss, ValidationLoss{0.5});
}

TEST_F(ManifestTest, RefusesAMalformedManifest) {
  edit("\"sequence\"", "\"sequins\"");
  expect_damaged("manifest.json is malformed");
  edit("config.yaml", "../config.yaml");
  edit("\"sequins\"", "\"sequence\"");
  expect_damaged("'../config.yaml' is no path inside the checkpoint");
  edit("../config.yaml", "config.yaml");
  edit("\"xxh64\": \"", "\"xxh64\": \"x");
  expect_damaged("is no checksum");
  write_text(folder_ / "manifest.json", "{\"format\": 1, ");
  expect_damaged("manifest.json");
}

TEST_F(ManifestTest, RefusesAnotherFormat) {
  edit("\"format\": 1", "\"format\": 2");
  expect_error(ErrorKind::unsupported, "its format is 2",
               [this] { read_manifest(folder_.path()); });
}

TEST_F(ManifestTest, FolderWithoutIsNoCheckpoint) {
  fs::remove(folder_ / "manifest.json");
  expect_error(ErrorKind::not_found, "is no complete checkpoint",
               [this] { read_manifest(folder_.path()); });
}

}  // namespace
}  // namespace automodel::checkpoint
