#include "tables/table.h"

#include <arrow/array.h>
#include <arrow/io/file.h>
#include <arrow/ipc/writer.h>
#include <arrow/json/from_string.h>
#include <arrow/record_batch.h>
#include <arrow/table.h>
#include <arrow/util/key_value_metadata.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <parquet/arrow/writer.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <limits>
#include <vector>

#include "base/error.h"

namespace automodel::tables {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Files of every kind that hold the same rows; tests/cli/test_table.py reads those that pyarrow
/// writes.
class TableFile : public ::testing::Test {
 protected:
  TableFile() { std::filesystem::create_directories(folder_); }
  ~TableFile() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  std::string write(const std::string& bytes) const {
    std::ofstream(path("x"), std::ios::binary) << bytes;
    return path("x");
  }
  static std::shared_ptr<arrow::RecordBatch> batch() {
    const std::vector<double> numbers = {1, std::numeric_limits<double>::infinity(), 3};
    const auto n = std::make_shared<arrow::DoubleArray>(3, arrow::Buffer::FromVector(numbers));
    const auto t = arrow::json::ArrayFromJSONString(arrow::utf8(), R"(["a", "b", null])");
    return arrow::RecordBatch::Make(
        arrow::schema({arrow::field("n", arrow::float64()), arrow::field("t", arrow::utf8())}), 3,
        {n, t.ValueOrDie()});
  }
  std::shared_ptr<arrow::io::FileOutputStream> output(const std::string& name) const {
    return arrow::io::FileOutputStream::Open(path(name)).ValueOrDie();
  }
  std::string write_ipc(bool as_stream, const arrow::RecordBatch& rows) const {
    const auto out = output("ipc");
    const auto writer = as_stream ? arrow::ipc::MakeStreamWriter(out, rows.schema()).ValueOrDie()
                                  : arrow::ipc::MakeFileWriter(out, rows.schema()).ValueOrDie();
    EXPECT_TRUE(writer->WriteRecordBatch(rows).ok() && writer->Close().ok() && out->Close().ok());
    return path("ipc");
  }
  std::string write_parquet() const {
    const auto table = arrow::Table::FromRecordBatches({batch()}).ValueOrDie();
    EXPECT_TRUE(
        parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), output("parquet")).ok());
    return path("parquet");
  }

  static std::vector<std::string> lines(const std::string& path) {
    std::vector<std::string> out;
    read_rows(path, [&](std::string_view line) { out.emplace_back(line); });
    return out;
  }
  static std::string error(const std::string& path) {
    try {
      lines(path);
    } catch (const Error& error) {
      return error.message();
    }
    return "no error";
  }

 private:
  std::filesystem::path folder_ = std::filesystem::temp_directory_path() /
                                  ("automodel_tables_" + std::to_string(::getpid()) +
                                   ::testing::UnitTest::GetInstance()->current_test_info()->name());
};

TEST_F(TableFile, ARowIsALineAndSoIsTheReasonThatThereIsNone) {
  for (const std::string& path :
       {write_parquet(), write_ipc(true, *batch()), write_ipc(false, *batch())}) {
    EXPECT_THAT(lines(path),
                ElementsAre(R"({"n":1.0,"t":"a"})",
                            R"("column 'n': a number is infinite, which JSON cannot hold")",
                            R"({"n":3.0,"t":null})"));
  }
}

TEST_F(TableFile, NotesOfDatasetsAreInTheSchema) {
  EXPECT_EQ(read_notes(write_ipc(true, *batch())), "");
  const auto rows = batch()->ReplaceSchemaMetadata(
      arrow::key_value_metadata({"huggingface"}, {R"({"info": {}})"}));
  EXPECT_EQ(read_notes(write_ipc(true, *rows)), R"({"info": {}})");
  EXPECT_EQ(read_notes(write_ipc(false, *rows)), R"({"info": {}})");
}

TEST_F(TableFile, WhatIsNoTableIsNamed) {
  EXPECT_THAT(error(path("none")), HasSubstr("cannot read " + path("none")));
  EXPECT_THAT(error(write("")), HasSubstr("neither Parquet (PAR1) nor Arrow (ARROW1, or a stream): "
                                          "it is empty"));
  EXPECT_THAT(error(write("version https://git-lfs.github.com/spec/v1\n")),
              HasSubstr("is the pointer of a Git LFS file"));
  EXPECT_THAT(error(write("{\"n\": 1}\xFF")), HasSubstr(R"(it begins with "{\"n\": 1}")"));
  EXPECT_THAT(error(write("PARE1234")), HasSubstr("the Parquet file is encrypted"));
  EXPECT_THAT(error(write("FEA1....")), HasSubstr("version 1 of the Feather format"));
}

TEST_F(TableFile, OneNameForTwoColumnsIsRefused) {
  const auto one = batch();
  const auto two =
      arrow::RecordBatch::Make(arrow::schema({one->schema()->field(0), one->schema()->field(0)}), 3,
                               {one->column(0), one->column(0)});
  EXPECT_EQ(error(write_ipc(true, *two)), "the file has two columns 'n'");
}

TEST_F(TableFile, CutFilesAreErrors) {
  for (const std::string& whole : {write_parquet(), write_ipc(false, *batch())}) {
    std::filesystem::resize_file(whole, std::filesystem::file_size(whole) - 1);
    EXPECT_NE(error(whole), "no error");
    std::filesystem::resize_file(whole, 8);
    EXPECT_NE(error(whole), "no error");
  }
}

}  // namespace
}  // namespace automodel::tables
