#include "data/path_pattern.h"

#include "data/support.h"

namespace automodel::data {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::vector<std::string> kPaths = {
    "a-1.jsonl",      "a.jsonl",          "b.jsonl",     "c.csv",
    "data/.h.jsonl",  "data/.h/a.jsonl",  "data/a.txt",  "data/__p/a.jsonl",
    "data/x/b.jsonl", "data/x/y/c.jsonl", "w [1].jsonl", "{a,b}.jsonl"};

std::vector<std::string> found(const std::string& pattern) {
  std::vector<std::string> out;
  std::ranges::copy_if(kPaths, std::back_inserter(out),
                       [&](const std::string& path) { return PathPattern(pattern).matches(path); });
  return out;
}

/// The lists are what resolve_pattern of `datasets` 5.2 finds.
TEST(PathPattern, MeansWhatDatasetsMeans) {
  EXPECT_THAT(found("*.jsonl"),
              ElementsAre("a-1.jsonl", "a.jsonl", "b.jsonl", "w [1].jsonl", "{a,b}.jsonl"));
  EXPECT_THAT(found("data/**"), ElementsAre("data/a.txt", "data/x/b.jsonl", "data/x/y/c.jsonl"));
  EXPECT_THAT(found("data/*"), ElementsAre("data/a.txt"));
  EXPECT_THAT(found("data/*/*"), ElementsAre("data/x/b.jsonl"));
  EXPECT_THAT(found("**/b.jsonl"), ElementsAre("b.jsonl", "data/x/b.jsonl"));
  EXPECT_THAT(found("data/**/**/c.jsonl"), ElementsAre("data/x/y/c.jsonl"));
  EXPECT_THAT(found("**/x/*"), ElementsAre("data/x/b.jsonl"));
  EXPECT_THAT(found("[ab].jsonl"), ElementsAre("a.jsonl", "b.jsonl"));
  EXPECT_THAT(found("[!a].jsonl"), ElementsAre("b.jsonl"));
  EXPECT_THAT(found("[a-c].*"), ElementsAre("a.jsonl", "b.jsonl", "c.csv"));
  EXPECT_THAT(found("?.jsonl"), ElementsAre("a.jsonl", "b.jsonl"));
  EXPECT_THAT(found("data/.*/*"), ElementsAre("data/.h/a.jsonl"));
  EXPECT_THAT(found("data/__*/*"), ElementsAre("data/__p/a.jsonl"));
  EXPECT_THAT(found("data"), ElementsAre());
  EXPECT_THAT(found("data/x/"), ElementsAre());
}

TEST(PathPattern, BracesStandForTheirTexts) {
  EXPECT_THAT(found("{a,b}.jsonl"), ElementsAre("a.jsonl", "b.jsonl", "{a,b}.jsonl"));
  EXPECT_THAT(found("data/{a.txt,{x,z}/b.*}"), ElementsAre("data/a.txt", "data/x/b.jsonl"));
  EXPECT_TRUE(PathPattern("{a}{b").matches("{a}{b")) << "no comma: a text";
  EXPECT_TRUE(PathPattern("{{a,b}.txt").matches("{b.txt")) << "not closed: a text";
}

TEST(PathPattern, APathMeansItself) {
  EXPECT_THAT(found("w [1].jsonl"), ElementsAre("w [1].jsonl"));
  EXPECT_THAT(found("data/.h.jsonl"), ElementsAre("data/.h.jsonl"));
}

TEST(PathPattern, WhatCannotBeMeant) {
  EXPECT_THAT(error_of([] { PathPattern("data/**.jsonl"); }),
              HasSubstr("'**' stands for folders and must be alone between slashes, as in "
                        "data/**/*.jsonl; found '**.jsonl'"));
  std::string many;
  for (int i = 0; i < 12; ++i) {
    many += "{a,b}";
  }
  EXPECT_THAT(error_of([&] { PathPattern{many}; }),
              HasSubstr("its braces stand for more than 1000 patterns"));
}

}  // namespace
}  // namespace automodel::data
