#include "watch/wandb.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "tests/watch/folder.h"
#include "watch/crc32.h"

namespace automodel::watch {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using namespace std::string_literals;

// Read by wandb itself in tests/cli/test_watch.py.
class WandbFiles : public Folder {
 protected:
  std::unique_ptr<Writer> make() const {
    return wandb_writer({.folder = path_, .project = "proj", .tags = {"tag"}, .id = "abcd1234"},
                        facts());
  }
};

TEST_F(WandbFiles, HoldRunPointsAndEnd) {
  const auto writer = make();
  writer->write({.step = 3, .seconds = 1e9 + 2, .values = {{"loss", 0.25}}});
  writer->finish(RunEnd::complete, 1e9 + 5);
  const auto file = path_ / "wandb/offline-run-20010909_014640-abcd1234/run-abcd1234.wandb";
  EXPECT_EQ(writer->place(), "wandb sync " + file.parent_path().string());
  EXPECT_THAT(read_file(file),
              AllOf(::testing::StartsWith(":W&B\xe1\xbe\0"s), HasSubstr("proj"), HasSubstr("mine"),
                    HasSubstr("tag"), HasSubstr("{\"lr\":0.5}"), HasSubstr("0.25")));
}

/// As Python's json writes them, which wandb reads.
TEST_F(WandbFiles, NumbersThatJsonLacks) {
  const auto writer = make();
  const double most = std::numeric_limits<double>::infinity();
  writer->write({.step = 0, .seconds = 1e9, .values = {{"a", std::nan("")}, {"b", -most}}});
  writer->finish(RunEnd::complete, 1e9 + 5);
  EXPECT_THAT(read_file(path_ / "wandb/offline-run-20010909_014640-abcd1234/run-abcd1234.wandb"),
              AllOf(HasSubstr("NaN"), HasSubstr("-Infinity")));
}

TEST_F(WandbFiles, AnIdIsAName) {
  for (const char* id : {"", "a/b", ".."}) {
    EXPECT_THROW(wandb_writer({.folder = path_, .id = id}, facts()), Error) << id;
  }
}

TEST_F(WandbFiles, OneRecordForAStep) {
  const auto writer = make();
  const auto size = [this] { return std::filesystem::file_size(files().front()); };
  const auto before = size();
  writer->write({.step = -1, .seconds = 1e9, .values = {{"a", 1}}});
  writer->write({.step = 0, .seconds = 1e9, .values = {{"b", 2}}});
  EXPECT_EQ(size(), before);
  writer->write({.step = 1, .seconds = 1e9, .values = {{"a", 3}}});
  EXPECT_GT(size(), before);
}

TEST_F(WandbFiles, CutRecordsAtTheEndOfABlock) {
  const auto writer = make();
  const std::string name(70000, 'n');
  writer->write({.step = 0, .seconds = 1e9, .values = {{name, 1}}});
  writer->finish(RunEnd::complete, 1e9);
  const auto bytes = read_file(files().front());
  std::string types;
  for (std::size_t at = 7; at < bytes.size();) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[at + i]); };
    const std::size_t size = byte(4) + 256U * byte(5);
    ASSERT_LE(at % 32768 + 7 + size, 32768U);
    const std::uint32_t crc =
        byte(0) | byte(1) << 8U | byte(2) << 16U | static_cast<std::uint32_t>(byte(3)) << 24U;
    EXPECT_EQ(crc32(bytes.substr(at + 6, size + 1)), crc);
    types += static_cast<char>('0' + byte(6));
    at += 7 + size;
    at += 32768 - at % 32768 < 7 ? 32768 - at % 32768 : 0;
  }
  EXPECT_EQ(types, "112342341");  // header, run and end whole; history and summary in three pieces
}

}  // namespace
}  // namespace automodel::watch
