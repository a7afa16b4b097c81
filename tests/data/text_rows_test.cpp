#include "data/text_rows.h"

#include <ctime>
#include <filesystem>

#include "data/support.h"
#include "tests/base/sanitized.h"

namespace automodel::data {
namespace {

using ::testing::HasSubstr;

TEST(TextRows, ALineIsARowOfPlainText) {
  const ScratchFolder folder;
  const auto path = folder.write("a.txt", "one\r\n\n  \ntwo words\nende ä");
  const auto rows = open_plain_text(path, {});
  ASSERT_EQ(rows->size(), 3);
  EXPECT_EQ(rows->row(0), (Json{{"text", "one"}}));
  EXPECT_EQ(rows->row(2)["text"], "ende ä");
  EXPECT_EQ(rows->location(1), path + ":4");
}

TEST(TextRows, InvalidUtf8HasItsPlace) {
  const ScratchFolder folder;
  const auto path = folder.write("a.txt", "one\nab\xff\x63\ntwo\n");
  EXPECT_EQ(error_of([&] { open_plain_text(path, {}); }),
            path + ":2:3: the byte 0xff is not valid UTF-8; convert the file to UTF-8");
  const auto rows = open_plain_text(path, {.skip_invalid = true});
  EXPECT_EQ(rows->size(), 2);
  EXPECT_EQ(rows->num_skipped(), 1);
  // A surrogate, written in three bytes.
  EXPECT_THAT(error_of([&] { open_plain_text(folder.write("b.txt", "\xED\xA0\x80"), {}); }),
              HasSubstr("b.txt:1:1: the byte 0xed is not valid UTF-8"));
}

TEST(TextRows, LinesThatEndInCarriageReturnsAloneAreTold) {
  const ScratchFolder folder;
  EXPECT_THAT(error_of([&] { open_plain_text(folder.write("a.txt", "one\rtwo\r"), {}); }),
              HasSubstr("a.txt: its lines end in carriage returns alone"));
  EXPECT_EQ(open_plain_text(folder.write("b.txt", "one\rhalf\ntwo"), {})->size(), 2);
  EXPECT_EQ(open_plain_text(folder.write("c.txt", "one\r"), {})->size(), 1);
}

TEST(TextRows, GiganticLinesAreRefused) {
  const ScratchFolder folder;
  const auto path = folder.write("a.txt", "x\n" + std::string(2000, 'y'));
  EXPECT_THAT(error_of([&] { open_plain_text(path, {.max_line_bytes = 1000}); }),
              HasSubstr("a.txt:2: the line has 1.95 KiB, more than the 1000 bytes allowed"));
  std::filesystem::resize_file(path, std::size_t{300} << 20);  // takes no room on the disk
  EXPECT_THAT(error_of([&] { open_plain_text(path, {}); }),
              HasSubstr("a.txt:2: the line has 300 MiB, more than the 256 MiB allowed"));
}

/// Were the lines before each record counted, this would take minutes.
TEST(TextRows, TimeGrowsWithTheFileNotWithItsSquare) {
  const ScratchFolder folder;
  constexpr int kRows = 50'000;
  std::string text;
  for (int i = 0; i < kRows; ++i) {
    text += std::string(200, 'x') + (i % 3 == 0 ? "\n\n" : "\n");
  }
  const auto path = folder.write("a.txt", text);
  const auto begin = std::clock();  // of this process: other programs do not count
  const auto rows = open_plain_text(path, {});
  ASSERT_EQ(rows->size(), kRows);
  for (std::int64_t i = 0; i < kRows; ++i) {
    ASSERT_EQ(rows->location(i), fmt::format("{}:{}", path, i + (i + 2) / 3 + 1));
  }
  EXPECT_LT(static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC, kSanitized ? 60.0 : 5.0);
}

TEST(TextRows, TheHashIsThatOfTheContent) {
  const ScratchFolder folder;
  const auto hash = [&](const std::string& name, const std::string& text) {
    return open_plain_text(folder.write(name, text), {})->content_hash();
  };
  EXPECT_EQ(hash("a.txt", "x\n"), hash("b.txt", "x\n"));
  EXPECT_NE(hash("a.txt", "x\n"), hash("b.txt", "y\n"));
}

TEST(TextRows, TheSameTextAsAnotherKindOfFileHasAnotherHash) {
  const ScratchFolder folder;
  std::set<std::uint64_t> hashes;
  for (const char* name : {"a.txt", "a.csv", "a.tsv", "a.jsonl", "a.json"}) {
    const bool is_array = name == std::string("a.json");
    hashes.insert(open_file(folder.write(name, is_array ? "{\n}" : "{}\n{}"))->content_hash());
  }
  EXPECT_EQ(hashes.size(), 5U);
}

}  // namespace
}  // namespace automodel::data
