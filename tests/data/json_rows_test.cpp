#include "data/json_rows.h"

#include "base/exact_json.h"
#include "data/support.h"

namespace automodel::data {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(JsonRows, LinesWithBlanksAndCarriageReturns) {
  const ScratchFolder folder;
  const auto path = folder.write("rows.jsonl", "{\"a\": 1}\r\n\n  \n{\"a\": 2}\n{\"a\": 3}");
  const auto rows = open_jsonl(path, {});
  ASSERT_EQ(rows->size(), 3);
  EXPECT_EQ(rows->row(1)["a"], 2);
  EXPECT_EQ(rows->row(2)["a"], 3);
  EXPECT_EQ(rows->location(0), path + ":1");
  EXPECT_EQ(rows->location(2), path + ":5");
}

TEST(JsonRows, WideIntegersKeepTheirDigits) {
  const ScratchFolder folder;
  const std::string line = R"({"a": 100000000000000000000000})";
  for (const auto& rows : {open_jsonl(folder.write("rows.jsonl", line), {}),
                           open_json(folder.write("rows.json", "[" + line + "]"), {})}) {
    EXPECT_EQ(wide_integer(rows->row(0)["a"]), "100000000000000000000000");
  }
}

TEST(JsonRows, MalformedLinesAreErrorsWithLineAndColumn) {
  const ScratchFolder folder;
  const auto error = [&](const std::string& line) {
    const auto path = folder.write("rows.jsonl", "{\"a\": 1}\n\n" + line + "\n{\"a\": 2}\n");
    const std::string text = error_of([&] { open_jsonl(path, {}); });
    EXPECT_THAT(text, StartsWith(path + ":3:"));
    return text.substr(path.size());
  };
  EXPECT_THAT(error("{\"a\": oops}"), StartsWith(":3:7: not valid JSON:"));
  EXPECT_THAT(error("{\"a\": 1"), HasSubstr("not valid JSON"));
  EXPECT_THAT(error("{"), ::testing::EndsWith("; a row is one whole line"));
  EXPECT_THAT(error("[1, 2]"),
              StartsWith(":3: a row must be a JSON object like {\"messages\": [...]}, found an "
                         "array"));
  EXPECT_THAT(error("7"), HasSubstr("found a number"));
  EXPECT_THAT(error("{\"a\": \"\xff\"}"),
              HasSubstr(":3:8: the byte 0xff is not valid UTF-8; convert the file to UTF-8"));
  EXPECT_THAT(error("{\"a\": \"\\ud800\"}"), HasSubstr("surrogate"));
  EXPECT_THAT(error("{\"a\": " + std::string(600, '[')), HasSubstr("nested deeper"));
}

TEST(JsonRows, MalformedLinesCanBeSkipped) {
  const ScratchFolder folder;
  const auto path = folder.write("rows.jsonl", "nope\n{\"a\": 1}\n[]\n{\"a\": 2}\n");
  const auto rows = open_jsonl(path, {.skip_invalid = true});
  ASSERT_EQ(rows->size(), 2);
  EXPECT_EQ(rows->num_skipped(), 2);
  EXPECT_EQ(rows->location(1), path + ":4");
}

TEST(JsonRows, GiganticLinesAreRefused) {
  const ScratchFolder folder;
  const auto path = folder.write("rows.jsonl", "{}\n{\"a\": \"" + std::string(3000, 'x') + "\"}");
  EXPECT_EQ(error_of([&] { open_jsonl(path, {.max_line_bytes = 1024}); }),
            path +
                ":2: the line has 2.94 KiB, more than the 1 KiB allowed; is this file really "
                "JSON lines?");
}

TEST(JsonRows, ArraysAndSingleObjects) {
  const ScratchFolder folder;
  const auto path = folder.write("rows.json", "[{\"a\": 1},\n {\"a\": 2}]");
  const auto rows = open_json(path, {});
  ASSERT_EQ(rows->size(), 2);
  EXPECT_EQ(rows->row(1)["a"], 2);
  EXPECT_EQ(rows->location(1), path + "[1]");
  EXPECT_EQ(open_jsonl(folder.write("rows.jsonl", "\n[{\"a\": 1},\n {\"a\": 2}]\n"), {})->size(),
            2);
  EXPECT_EQ(open_json(folder.write("one.json", "{\"a\":\n 1}"), {})->size(), 1);
  EXPECT_EQ(open_json(folder.write("lines.json", "{\"a\": 1}\n{\"a\": 2}\n"), {})->size(), 2);
}

TEST(JsonRows, ArraysOfOtherThings) {
  const ScratchFolder folder;
  const auto path = folder.write("rows.json", "[{\"a\": 1}, 5, {\"a\": 2}]");
  EXPECT_THAT(error_of([&] { open_json(path, {}); }),
              StartsWith(path + "[1]: a row must be a JSON object"));
  const auto rows = open_json(path, {.skip_invalid = true});
  EXPECT_EQ(rows->size(), 2);
  EXPECT_EQ(rows->num_skipped(), 1);
  EXPECT_EQ(rows->location(1), path + "[2]");
  EXPECT_THAT(error_of([&] { open_json(folder.write("bad.json", "[{},\n{]"), {}); }),
              HasSubstr("bad.json:2:2: not valid JSON"));
}

}  // namespace
}  // namespace automodel::data
