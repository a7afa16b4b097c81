#include "data/table_rows.h"

#include <cstdlib>

#include "data/support.h"

namespace automodel::data {
namespace {

using ::testing::HasSubstr;

/// Scripts in the place of automodel-tables. What that program itself makes of files is in
/// tests/tables and tests/cli/test_table.py.
class TableRows : public ::testing::Test {
 protected:
  TableRows() {
    ::setenv("AUTOMODEL_CACHE", folder_.path("cache").c_str(), 1);
    table_ = folder_.write("rows.parquet", "");
  }
  ~TableRows() override { ::unsetenv("AUTOMODEL_CACHE"); }

  std::string error(const std::string& script) const {
    return error_of([&] { text(script); });
  }
  std::string write_program(const std::string& script) const {
    auto program = folder_.write("program", "#!/bin/sh\n" + script + "\n");
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
    return program;
  }
  std::string text(const std::string& script) const {
    return std::string(table_text(table_, write_program(script)).text());
  }

  ScratchFolder folder_;
  std::string table_;
};

TEST_F(TableRows, TextIsWhatTheProgramSaysOfTheFile) {
  EXPECT_EQ(text("echo \"$1\""), table_ + "\n");
}

TEST_F(TableRows, FeaturesAreInWhatDatasetsNoted) {
  const auto features = [&](const std::string& script) {
    return table_features(table_, write_program(script));
  };
  EXPECT_EQ(features(R"(echo "{\"info\": {\"features\": {\"label\": \"$1 $2\"}}}")"),
            (Json{{"label", "--notes " + table_}}));
  for (const auto* other : {"", "echo '{}'", "echo '[1]'", R"(echo '{"info": 1}')"}) {
    EXPECT_EQ(features(other), Json()) << other;
  }
  EXPECT_EQ(error_of([&] { features("echo gone >&2; exit 2"); }), table_ + ": gone");
}

TEST_F(TableRows, WhatTheProgramRefusesIsTheFilesError) {
  EXPECT_EQ(error("echo 'no magic' >&2; exit 2"), table_ + ": no magic");
  EXPECT_EQ(error("kill -11 $$"), table_ +
                                      ": the program that reads it was ended by signal 11, as "
                                      "happens if a file is damaged or memory runs out");
}

TEST_F(TableRows, WithoutTheProgramItSaysWhatToInstall) {
  const auto missing = error_of([&] { table_text(table_, folder_.path("none")); });
  EXPECT_THAT(missing, ::testing::StartsWith(table_ + ": Parquet and Arrow files are read by " +
                                             folder_.path("none") +
                                             ", which was not built: it needs "
                                             "the Python package pyarrow"));
  EXPECT_THAT(missing, HasSubstr("pandas.read_parquet('" + table_ + "').to_json('" +
                                 folder_.path("rows.jsonl") + "'"));
  EXPECT_THAT(error("exit 127"), HasSubstr("which cannot be loaded: it needs"));
}

}  // namespace
}  // namespace automodel::data
