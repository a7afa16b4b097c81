#include "data/source.h"

#include "data/support.h"

namespace automodel::data {
namespace {

using ::testing::HasSubstr;

TEST(Source, FilesFoldersAndPatternsAreOneSource) {
  const ScratchFolder folder;
  const auto b = folder.write("b.jsonl", "{\"n\": 1}\n{\"n\": 2}\n");
  const auto a = folder.write("parts/a.json", "[{\"n\": 3}]");
  folder.write("parts/c.ndjson", "{\"n\": 4}\n");
  folder.write("parts/README.md", "not data");
  const auto rows = open_rows({b, folder.path("parts"), folder.path("parts/*.json")});
  ASSERT_EQ(rows->size(), 5);
  std::vector<int> numbers;
  for (std::int64_t i = 0; i < rows->size(); ++i) {
    numbers.push_back(rows->row(i)["n"]);
  }
  EXPECT_EQ(numbers, (std::vector<int>{1, 2, 3, 4, 3}));
  EXPECT_EQ(rows->location(1), b + ":2");
  EXPECT_EQ(rows->location(4), a + "[0]");
  EXPECT_EQ(rows->num_skipped(), 0);
  EXPECT_EQ(error_of([&] { rows->row(5); }), "row 5 of a data set of 5 rows does not exist");
}

TEST(Source, FoldersMayNameFilesAfterSplits) {
  const ScratchFolder folder;
  folder.write("train-00000-of-00002.jsonl", "{\"n\": 1}\n");
  folder.write("train-00001-of-00002.jsonl", "{\"n\": 2}\n");
  folder.write("my_valid.jsonl", "{\"n\": 3}\n");
  folder.write("extra.jsonl", "{\"n\": 4}\n");
  EXPECT_EQ(open_rows({folder.path()})->size(), 2);
  EXPECT_EQ(open_rows({folder.path()}, {.split = "validation"})->row(0)["n"], 3);
  EXPECT_EQ(open_rows({folder.path()}, {.split = "extra"})->size(), 1);
  EXPECT_THAT(error_of([&] { open_rows({folder.path()}, {.split = "test"}); }),
              HasSubstr("has no data file (.parquet, .arrow, .feather, and, each also with .gz or "
                        ".zst behind it, .jsonl, .ndjson, .json, .csv, .tsv, .txt) of split "
                        "'test', but of train and validation"));
}

TEST(Source, EveryKindOfFile) {
  const ScratchFolder folder;
  EXPECT_EQ(open_file(folder.write("a.csv", "n\n1\n"))->row(0)["n"], "1");
  EXPECT_EQ(open_file(folder.write("a.tsv", "n\tm\n1\t2\n"))->row(0)["m"], "2");
  EXPECT_EQ(open_file(folder.write("a.txt", "x\n"))->row(0)["text"], "x");
  folder.write("both/train.csv", "n\n1\n");
  folder.write("both/test.txt", "x\n");
  EXPECT_EQ(open_rows({folder.path("both")}, {.split = "test"})->row(0)["text"], "x");
}

TEST(Source, WhatIsNotThereIsAnError) {
  const ScratchFolder folder;
  EXPECT_EQ(error_of([] { open_rows({}); }), "no data files are given");
  EXPECT_THAT(error_of([&] { open_rows({folder.path("x.jsonl")}); }),
              ::testing::EndsWith("x.jsonl: no such data file or folder"));
  EXPECT_THAT(error_of([&] { open_rows({folder.path("*.jsonl")}); }),
              HasSubstr("no such data file"));
  EXPECT_THAT(error_of([&] { open_rows({folder.path()}); }), HasSubstr("has no data file"));
}

TEST(Source, WhatDatasetsKeepsBesideTheDataIsNoData) {
  for (const auto* name : {"a.parquet", "a.arrow", "A.FEATHER", "a.json.gz", "cache.jsonl"}) {
    EXPECT_TRUE(is_data_file(name)) << name;
  }
  for (const auto* name : {"cache-0123.arrow", "state.json", "dataset_info.json", "a.parquet.gz"}) {
    EXPECT_FALSE(is_data_file(name)) << name;
  }
}

TEST(Source, OtherKindsOfFilesAreNamed) {
  const ScratchFolder folder;
  const auto path = folder.write("rows.xml", "<rows/>");
  EXPECT_EQ(error_of([&] { open_rows({path}); }),
            path +
                ": files that end in '.xml' are not supported; supported are .parquet, .arrow, "
                ".feather, and, each also with .gz or .zst behind it, .jsonl, .ndjson, .json, "
                ".csv, .tsv, .txt");
}

TEST(Source, EmptyFilesAreErrors) {
  const ScratchFolder folder;
  for (const auto* name : {"empty.jsonl", "empty.json"}) {
    const auto path = folder.write(name, "\n");
    EXPECT_EQ(error_of([&] { open_file(path); }), path + ": the file has no rows");
  }
  const auto path = folder.write("bad.jsonl", "nope\n");
  EXPECT_EQ(error_of([&] { open_file(path, {.skip_invalid = true}); }),
            path + ": the file has no valid rows");
}

}  // namespace
}  // namespace automodel::data
