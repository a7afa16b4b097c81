#include "data/nanogpt.h"

#include <numeric>

#include "data/token_files.h"

namespace automodel::data {
namespace {

using ::testing::HasSubstr;
using Ids = std::vector<std::int32_t>;

std::vector<std::uint16_t> range(std::uint16_t first, std::size_t count) {
  std::vector<std::uint16_t> out(count);
  std::iota(out.begin(), out.end(), first);
  return out;
}

TEST(Nanogpt, WindowsOfEveryFile) {
  const ScratchFolder folder;
  const auto a = folder.write("a_0.bin", nanogpt_bytes(range(10, 9), 20240520));
  folder.write("a_1.bin", nanogpt_bytes(std::vector<std::uint32_t>{70000, 1, 2, 3, 4, 5}));
  const auto rows = make_nanogpt_dataset({.files = {folder.path("a_*.bin")}, .seq_len = 3});
  ASSERT_EQ(rows->size(), 3);
  EXPECT_EQ(rows->sample(0).ids, (Ids{10, 11, 12, 13}));
  EXPECT_EQ(rows->sample(1).ids, (Ids{14, 15, 16, 17})) << "one token of the file is left over";
  EXPECT_EQ(rows->sample(2).ids, (Ids{70000, 1, 2, 3}));
  EXPECT_EQ(rows->sample(2), token_window({70000, 1, 2, 3}));
  EXPECT_EQ(rows->location(1), a + ": from token 4 on");
}

TEST(Nanogpt, WindowsMayBeginAtBos) {
  const ScratchFolder folder;
  const auto path = folder.write(
      "a.bin", nanogpt_bytes(std::vector<std::uint16_t>{5, 1, 6, 7, 1, 8, 1, 9, 9, 9, 1}));
  const auto rows =
      make_nanogpt_dataset({.files = {path}, .seq_len = 2, .align_to_bos = true, .bos_token = 1});
  ASSERT_EQ(rows->size(), 2);
  EXPECT_EQ(rows->sample(0).ids, (Ids{1, 6, 7}));
  EXPECT_EQ(rows->sample(1).ids, (Ids{1, 8, 1}));
  EXPECT_THAT(
      error_of([&] {
        make_nanogpt_dataset(
            {.files = {path}, .seq_len = 2, .align_to_bos = true, .bos_token = 77});
      }),
      HasSubstr("none of the 1 files holds a sample: 3 tokens that begin with bos_token 77"));
}

TEST(Nanogpt, FilesInADrawnOrder) {
  const ScratchFolder folder;
  for (int i = 0; i < 8; ++i) {
    folder.write("f" + std::to_string(i), nanogpt_bytes(range(static_cast<std::uint16_t>(i), 4)));
  }
  const auto first = [&](bool shuffle) {
    const auto rows = make_nanogpt_dataset(
        {.files = {folder.path("f*")}, .seq_len = 3, .shuffle_files = shuffle});
    Ids out;
    for (std::int64_t i = 0; i < rows->size(); ++i) {
      out.push_back(rows->sample(i).ids[0]);
    }
    return out;
  };
  EXPECT_EQ(first(false), (Ids{0, 1, 2, 3, 4, 5, 6, 7}));
  EXPECT_NE(first(true), first(false));
  EXPECT_EQ(first(true), first(true));
}

TEST(Nanogpt, DamagedFilesAreRefused) {
  const ScratchFolder folder;
  const auto error = [&](const std::string& bytes) {
    const auto path = folder.write("a.bin", bytes);
    return error_of([&] { make_nanogpt_dataset({.files = {path}, .seq_len = 2}); });
  };
  const std::string good = nanogpt_bytes(range(0, 5));
  EXPECT_EQ(error(good), "no error");
  EXPECT_THAT(error("short"),
              HasSubstr("a.bin: the file has 5 bytes, fewer than a header of 1024"));
  EXPECT_THAT(error(nanogpt_bytes(range(0, 5), 7)),
              HasSubstr("this is no token file of nanogpt: it begins with 7"));
  EXPECT_THAT(error(good.substr(0, good.size() - 2)),
              HasSubstr("the header speaks of 5 tokens, but the file holds 4"));
  const auto changed = [&](std::size_t field, std::int32_t value) {
    std::string bytes = good;
    bytes.replace(4 * field, 4, as_bytes_of(value));
    return bytes;
  };
  EXPECT_THAT(error(changed(1, 9)), HasSubstr("the file has version 9, expected 1"));
  EXPECT_THAT(error(changed(2, -1)), HasSubstr("the header speaks of -1 tokens"));
  EXPECT_THAT(error(changed(2, 0)),  // as a program leaves it that was ended while it wrote
              HasSubstr("the header speaks of 0 tokens, but the file holds 5; was its writing"));
  EXPECT_THAT(error(changed(3, 8)), HasSubstr("tokens of 8 bytes; expected 2 or 4"));
  const auto path =
      folder.write("b.bin", nanogpt_bytes(std::vector<std::uint32_t>{1, 2, 0xFFFFFFFFU}));
  const auto rows = make_nanogpt_dataset({.files = {path}, .seq_len = 2});
  EXPECT_THAT(error_of([&] { rows->sample(0); }),
              HasSubstr("token 2 is 4294967295, which is no token id"));
}

TEST(Nanogpt, KeysAreRead) {
  Keys keys(Json{{"file_pattern", "x*.bin"}, {"seq_len", 8}, {"align_to_bos", true}}, "nanogpt");
  const auto options = read_nanogpt_options(keys);
  keys.finish();
  EXPECT_EQ(options.files, (std::vector<std::string>{"x*.bin"}));
  EXPECT_EQ(options.seq_len, 8);
  EXPECT_EQ(error_of([&] { make_nanogpt_dataset(options); }),
            "align_to_bos needs bos_token: the token that samples begin with");
  EXPECT_THAT(error_of([] { make_nanogpt_dataset({.files = {"x"}}); }),
              HasSubstr("seq_len must be a positive number of tokens, found 0"));
}

}  // namespace
}  // namespace automodel::data
