#include "tensor/gguf_header.h"

#include <gtest/gtest.h>

#include "tests/tensor/expect_error.h"
#include "tests/tensor/gguf_builder.h"

namespace automodel {
namespace {

using testing::expect_error;
using testing::GgufBuilder;

GgufHeader parse(const GgufBuilder& builder) {
  return parse_gguf_header(builder.bytes(), "m.gguf");
}

void expect_bytes_error(ErrorKind kind, std::string_view text, const std::string& bytes) {
  expect_error(kind, text, [&] { parse_gguf_header(bytes, "m.gguf"); });
}

void expect_corrupt(std::string_view text, const GgufBuilder& builder) {
  expect_bytes_error(ErrorKind::corrupt_data, text, builder.bytes());
}

std::string list_of(std::uint32_t type, std::uint64_t count, std::string_view values) {
  return GgufBuilder::raw(type) + GgufBuilder::raw(count) + std::string(values);
}

TEST(GgufHeader, KeepsTheKindOfMetadata) {
  const auto header = parse(GgufBuilder()
                                .text("name", "a\xff")
                                .u32("count", 7)
                                .f32("eps", 0.5F)
                                .flag("yes", true)
                                .pair("i8", 1, "\xFE")
                                .pair("u64", 10, GgufBuilder::raw(UINT64_MAX))
                                .texts("words", {"x", "y z"})
                                .pair("nested", 9, list_of(9, 1, list_of(0, 2, "\1\2"))));
  EXPECT_EQ(header.version, 3U);
  EXPECT_EQ(header.metadata.at("name"), "a\xff");
  EXPECT_EQ(header.metadata.at("count"), 7);
  EXPECT_EQ(header.metadata.at("eps"), 0.5);
  EXPECT_EQ(header.metadata.at("yes"), true);
  EXPECT_EQ(header.metadata.at("i8"), -2);
  EXPECT_EQ(header.metadata.at("u64"), UINT64_MAX);
  EXPECT_EQ(header.metadata.at("words"), Json({"x", "y z"}));
  EXPECT_EQ(header.metadata.at("nested"), Json::parse("[[1,2]]"));
}

TEST(GgufHeader, ReversesDimensionsAndPlacesData) {
  const auto bytes = GgufBuilder()
                         .tensor("a", {2, 3}, {1, 2, 3, 4, 5, 6})
                         .tensor("b", GgmlType::q8_0, {1, 32}, std::string(34, '\0'))
                         .bytes(2);
  const auto header = parse_gguf_header(bytes, "m.gguf");
  ASSERT_EQ(header.tensors.size(), 2U);
  EXPECT_EQ(header.tensors[0].shape, (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(header.tensors[0].end - header.tensors[0].begin, 24U);
  EXPECT_EQ(header.tensors[1].begin, header.tensors[0].begin + 32);
  EXPECT_EQ(header.tensors[1].end, bytes.size());
}

TEST(GgufHeader, RefusesOtherFiles) {
  expect_bytes_error(ErrorKind::corrupt_data, "does not start with 'GGUF'", "GG");
  expect_bytes_error(ErrorKind::corrupt_data, "does not start with 'GGUF'", "GGML____");
  expect_bytes_error(ErrorKind::unsupported, "GGUF version 1;", GgufBuilder().bytes(1));
  expect_bytes_error(ErrorKind::unsupported, "GGUF version 4;", GgufBuilder().bytes(4));
  expect_bytes_error(ErrorKind::unsupported, "big-endian", GgufBuilder().bytes(0x0300'0000));
}

TEST(GgufHeader, RefusesCountsAndLengthsBeyondTheFile) {
  const std::string head = "GGUF" + GgufBuilder::raw(std::uint32_t{3});
  const std::string none = GgufBuilder::raw(std::uint64_t{0});
  const std::string many = GgufBuilder::raw(std::uint64_t{1} << 60);
  expect_bytes_error(ErrorKind::corrupt_data, "1152921504606846976 tensors are announced",
                     head + many + none);
  expect_bytes_error(ErrorKind::corrupt_data, "1152921504606846976 metadata keys are announced",
                     head + none + many);
  expect_corrupt("bytes are announced at byte", GgufBuilder().pair("k", 8, many));
  expect_corrupt("list entries are announced", GgufBuilder().pair("k", 9, list_of(0, 999, "")));
}

TEST(GgufHeader, RefusesBadMetadata) {
  expect_corrupt("there is no metadata type 13", GgufBuilder().pair("k", 13, "\0"));
  expect_corrupt("while reading the metadata key 'k'", GgufBuilder().pair("k", 13, "\0"));
  expect_corrupt("a bool is 2", GgufBuilder().pair("k", 7, "\2"));
  expect_corrupt("'k' appears twice", GgufBuilder().u32("k", 1).u32("k", 2));
  std::string nested = list_of(0, 0, "");
  for (int i = 0; i < 4; ++i) {
    nested = list_of(9, 1, nested);
  }
  expect_corrupt("nested deeper than 4 levels", GgufBuilder().pair("k", 9, nested));
}

TEST(GgufHeader, RefusesListsThatAreTooLongToHold) {
  const std::string bytes(1U << 25, '\0');
  expect_bytes_error(
      ErrorKind::unsupported, "lists of more than 33554432 values",
      GgufBuilder().pair("k", 9, list_of(0, bytes.size() + 1, bytes + '\0')).bytes());
}

TEST(GgufHeader, RefusesBadAlignment) {
  expect_corrupt("general.alignment is 0", GgufBuilder().u32("general.alignment", 0));
  expect_corrupt("general.alignment is 33", GgufBuilder().u32("general.alignment", 33));
  expect_corrupt("general.alignment is string", GgufBuilder().text("general.alignment", "x"));
}

TEST(GgufHeader, RefusesBadTensors) {
  const auto entry = [](std::uint32_t type, std::vector<std::uint64_t> shape,
                        std::uint64_t offset) {
    return GgufBuilder().entry("w", type, std::move(shape), offset).data(std::string(64, '\0'));
  };
  expect_corrupt("5 dimensions, at most 4", entry(0, {1, 1, 1, 1, 1}, 0));
  expect_corrupt("is too large", entry(0, {UINT64_MAX}, 0));
  expect_corrupt("is too large", entry(0, {1ULL << 32, 1ULL << 32}, 0));
  expect_corrupt("rows of 33 values do not divide into Q8_0 blocks of 32", entry(8, {33}, 0));
  expect_corrupt("it starts at byte 32 of the data", entry(0, {1}, 32));
  expect_corrupt("beyond the file's", entry(0, {17}, 0));
  expect_corrupt("while locating the data of tensor 'w' in m.gguf", entry(0, {17}, 0));
  expect_corrupt("two tensors are named 'w'", entry(0, {1}, 0).entry("w", 0, {1}, 32));
  expect_bytes_error(ErrorKind::unsupported, "type 99 cannot be read", entry(99, {1}, 0).bytes());
  expect_bytes_error(ErrorKind::unsupported, "of tensor 'w'", entry(99, {1}, 0).bytes());
}

}  // namespace
}  // namespace automodel
