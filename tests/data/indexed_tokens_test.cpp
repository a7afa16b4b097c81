#include "data/indexed_tokens.h"

#include "data/token_files.h"

namespace automodel::data {
namespace {

using ::testing::HasSubstr;
using Ids = std::vector<std::int32_t>;

Ids read(const std::string& prefix, std::int64_t sequence, std::int64_t begin, std::int64_t count) {
  Ids ids;
  IndexedTokens(prefix).append(ids, sequence, begin, count);
  return ids;
}

TEST(IndexedTokens, EveryTypeOfToken) {
  const ScratchFolder folder;
  const auto read_as = [&](std::uint8_t type, const std::string& tokens, std::int64_t width) {
    IndexFile index = index_of({2, 3}, width);
    index.type = type;
    folder.write("a.bin", tokens);
    folder.write("a.idx", index.bytes());
    return read(folder.path("a"), 1, 1, 2);
  };
  EXPECT_EQ(read_as(1, as_bytes(std::vector<std::uint8_t>{1, 2, 3, 4, 200}), 1), (Ids{4, 200}));
  EXPECT_EQ(read_as(8, as_bytes(std::vector<std::uint16_t>{1, 2, 3, 4, 65535}), 2),
            (Ids{4, 65535}));
  EXPECT_EQ(read_as(3, as_bytes(std::vector<std::int16_t>{1, 2, 3, 4, 300}), 2), (Ids{4, 300}));
  EXPECT_EQ(read_as(4, as_bytes(std::vector<std::int32_t>{1, 2, 3, 4, 70000}), 4), (Ids{4, 70000}));
  EXPECT_EQ(read_as(5, as_bytes(std::vector<std::int64_t>{1, 2, 3, 4, 70000}), 8), (Ids{4, 70000}));
  EXPECT_THAT(
      error_of([&] { read_as(5, as_bytes(std::vector<std::int64_t>{1, 2, 3, 4, 1LL << 40}), 8); }),
      HasSubstr("a.bin: token 2 of document 1 is 1099511627776, which is no token id"));
  EXPECT_THAT(error_of([&] { read_as(4, as_bytes(std::vector<std::int32_t>{1, 2, 3, 4, -1}), 4); }),
              HasSubstr("is -1, which is no token id"));
  EXPECT_THAT(error_of([&] { read_as(7, "", 4); }),
              HasSubstr("the tokens have the type code 7; supported are the integers"));
}

TEST(IndexedTokens, DamagedIndexesAreRefused) {
  const ScratchFolder folder;
  const auto prefix = write_indexed(folder, "a", {3, 0, 4});
  EXPECT_EQ(read(prefix, 2, 0, 4), (Ids{200, 201, 202, 203}));
  const std::string good = index_of({3, 0, 4}).bytes();
  const auto error = [&](const std::string& bytes) {
    folder.write("a.idx", bytes);
    return error_of([&] { IndexedTokens{prefix}; });
  };
  EXPECT_EQ(error(good), "no error");
  EXPECT_THAT(error("text"), HasSubstr("a.idx: this is no index of Megatron"));
  for (std::size_t size = 9; size < good.size(); ++size) {
    EXPECT_NE(error(good.substr(0, size)), "no error") << size;
  }
  EXPECT_THAT(error(good + "abc"), HasSubstr("a.idx: 3 bytes follow the index"));
  EXPECT_THAT(error(good + "ab"), HasSubstr("2 bytes follow the index"));
  IndexFile index = index_of({3, 0, 4});
  index.version = 2;
  EXPECT_THAT(error(index.bytes()), HasSubstr("the index has version 2, expected 1"));
  index = index_of({3, 0, 5});
  EXPECT_THAT(error(index.bytes()),
              HasSubstr("document 2 has 5 tokens from byte 12 on, but " + prefix +
                        ".bin has 28 bytes; do the two files belong together?"));
  index = index_of({3, 0, 4});
  index.pointers[1] = -8;
  EXPECT_THAT(error(index.bytes()), HasSubstr("document 1 has 0 tokens from byte -8 on"));
  index.pointers[1] = std::int64_t{1} << 62;
  EXPECT_THAT(error(index.bytes()), HasSubstr("do the two files belong together?"));
  EXPECT_THAT(error(index_of({}).bytes()), HasSubstr("the index holds no documents"));
  std::string huge = good;
  huge.replace(18, 8, as_bytes_of(~std::uint64_t{0}));
  EXPECT_THAT(error(huge), HasSubstr("the index speaks of 18446744073709551615 entries"));
}

TEST(IndexedTokens, BothFilesMustBeThere) {
  const ScratchFolder folder;
  const auto prefix = write_indexed(folder, "a", {3});
  EXPECT_TRUE(is_indexed_prefix(prefix));
  EXPECT_FALSE(is_indexed_prefix(prefix + ".bin"));
  std::filesystem::remove(prefix + ".bin");
  EXPECT_THAT(error_of([&] { IndexedTokens{prefix}; }),
              HasSubstr("cannot read " + prefix + ".bin"));
}

}  // namespace
}  // namespace automodel::data
