#include "tensor/safetensors_header.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "tests/tensor/expect_error.h"

namespace automodel {
namespace {

using ::testing::ElementsAre;
using testing::expect_error;
using ::testing::Field;

std::string with_length(std::string_view json, std::size_t data_bytes, std::uint64_t length) {
  std::string file(8, '\0');
  std::memcpy(file.data(), &length, 8);
  return file + std::string(json) + std::string(data_bytes, 'x');
}

std::string file_of(std::string_view json, std::size_t data_bytes) {
  return with_length(json, data_bytes, json.size());
}

void expect_corrupt(std::string_view json, std::size_t data_bytes, std::string_view text) {
  expect_error(ErrorKind::corrupt_data, text,
               [&] { parse_safetensors_header(file_of(json, data_bytes), "m.safetensors"); });
}

constexpr std::string_view kTwo =
    R"({"__metadata__":{"format":"pt"},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
    R"("a":{"dtype":"BF16","shape":[1,3],"data_offsets":[8,14]}}  )";

TEST(SafetensorsHeader, ReadsTensorsInTheOrderOfTheirData) {
  const auto header = parse_safetensors_header(file_of(kTwo, 14), "m");
  EXPECT_EQ(header.metadata.at("format"), "pt");
  ASSERT_THAT(header.tensors, ElementsAre(Field(&SafetensorsEntry::name, "b"),
                                          Field(&SafetensorsEntry::name, "a")));
  EXPECT_EQ(header.tensors[1].info, (TensorInfo{at::kBFloat16, {1, 3}}));
  EXPECT_EQ(header.tensors[1].begin, 8 + kTwo.size() + 8);
  EXPECT_EQ(header.tensors[1].end, 8 + kTwo.size() + 14);
}

TEST(SafetensorsHeader, AcceptsAFileWithoutTensors) {
  EXPECT_TRUE(parse_safetensors_header(file_of("{}", 0), "m").tensors.empty());
}

TEST(SafetensorsHeader, RefusesAWrongLength) {
  const auto parse = [](const std::string& file) {
    return [file] { parse_safetensors_header(file, "m"); };
  };
  expect_error(ErrorKind::corrupt_data, "too short", parse("abc"));
  expect_error(ErrorKind::corrupt_data, "reaches beyond the file", parse(with_length("{}", 0, 3)));
  expect_error(ErrorKind::corrupt_data, "would have 18446744073709551615 bytes",
               parse(with_length("{}", 0, UINT64_MAX)));
  expect_error(ErrorKind::corrupt_data, "does not start with '{'", parse(file_of(" {}", 0)));
  expect_error(ErrorKind::corrupt_data, "does not start with '{'", parse(file_of("", 0)));
}

TEST(SafetensorsHeader, RefusesBadJson) {
  expect_corrupt("{", 0, "not valid JSON");
  expect_corrupt("{\"\xff\":1}", 0, "not valid JSON");
  expect_corrupt(R"({"a":1})", 0, "expected exactly dtype, shape and data_offsets");
  expect_corrupt(R"({"a":{"dtype":"U8","shape":[],"data_offsets":[0,1],"more":1}})", 1, "exactly");
  expect_corrupt(R"({"a":{"dtype":"U8","size":[],"data_offsets":[0,1]}})", 1, "'shape' is missing");
  expect_corrupt(R"({"a":{"dtype":3,"shape":[],"data_offsets":[0,1]}})", 1, "not a string");
  expect_corrupt(R"({"a":{"dtype":"U8","shape":3,"data_offsets":[0,3]}})", 3, "not a list");
  expect_corrupt(R"({"__metadata__":3})", 0, "__metadata__ is not an object");
  expect_corrupt(R"({"__metadata__":{"a":3}})", 0, "__metadata__.a is not a string");
}

TEST(SafetensorsHeader, RefusesANameThatOccursTwice) {
  expect_corrupt(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                 R"("a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})",
                 2, "'a' appears twice");
}

TEST(SafetensorsHeader, RefusesSizesThatCannotBe) {
  expect_corrupt(R"({"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}})", 1, "not a size");
  expect_corrupt(R"({"a":{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}})", 1, "not a size");
  expect_corrupt(R"({"a":{"dtype":"U8","shape":[18446744073709551617],"data_offsets":[0,1]}})", 1,
                 "not a size");
  expect_corrupt(R"({"a":{"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0]}})", 0,
                 "is too large");
  expect_corrupt(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", 4,
                 "float32 [2] needs 8 bytes, but data_offsets span 4");
  expect_corrupt(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[2,1]}})", 2, "[begin, end]");
  expect_corrupt(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[1]}})", 2, "[begin, end]");
}

TEST(SafetensorsHeader, RefusesHolesOverlapAndWrongFileSize) {
  expect_corrupt(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})", 2, "without holes");
  expect_corrupt(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},)"
                 R"("b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}})",
                 3, "tensor 'b' starts at byte 1");
  expect_corrupt(kTwo, 13, "it is cut off");
  expect_corrupt(kTwo, 15, "something was appended");
}

TEST(SafetensorsHeader, NamesTheTensorOfAnUnknownDtype) {
  expect_error(ErrorKind::unsupported, "tensor 'q' in m", [] {
    parse_safetensors_header(file_of(R"({"q":{"dtype":"F4","shape":[2],"data_offsets":[0,1]}})", 1),
                             "m");
  });
}

TEST(SafetensorsHeader, WritesTheOrderOfTheReference) {
  const std::vector<NamedInfo> tensors = {{"b", {at::kBFloat16, {1}}},
                                          {"a", {at::kBFloat16, {1}}},
                                          {"i", {at::kLong, {}}},
                                          {"f", {at::kFloat, {2}}}};
  const auto ordered = safetensors_order(tensors);
  EXPECT_THAT(ordered, ElementsAre(Field(&NamedInfo::name, "i"), Field(&NamedInfo::name, "f"),
                                   Field(&NamedInfo::name, "a"), Field(&NamedInfo::name, "b")));
}

TEST(SafetensorsHeader, RenderedHeadersReadBack) {
  const std::vector<NamedInfo> tensors = {{"x\"\n", {at::kFloat, {2, 2}}}, {"y", {at::kBool, {}}}};
  const std::string bytes = render_safetensors_header(tensors, {{"format", "pt"}, {"k", "é"}});
  EXPECT_EQ(bytes.size() % 8, 0U);
  const auto header = parse_safetensors_header(bytes + std::string(17, '\1'), "m");
  EXPECT_EQ(header.metadata.at("k"), "é");
  EXPECT_EQ(header.tensors[0].name, "x\"\n");
  EXPECT_EQ(header.tensors[1].begin, bytes.size() + 16);
}

TEST(SafetensorsHeader, RefusesToWriteBadNames) {
  const auto render = [](std::vector<NamedInfo> tensors) {
    return [tensors] { render_safetensors_header(tensors, {}); };
  };
  const TensorInfo info{at::kFloat, {}};
  expect_error(ErrorKind::invalid_argument, "two tensors are named 'a'",
               render({{"a", info}, {"a", info}}));
  expect_error(ErrorKind::invalid_argument, "not UTF-8", render({{"\xff", info}}));
}

}  // namespace
}  // namespace automodel
