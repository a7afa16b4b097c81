#include "data/csv_rows.h"

#include "data/support.h"

namespace automodel::data {
namespace {

using ::testing::HasSubstr;

class Csv : public ::testing::Test {
 protected:
  std::shared_ptr<const RowSource> open(const std::string& text, const std::string& name = "a.csv",
                                        const SourceOptions& options = {}) const {
    return open_csv(folder_.write(name, text), options);
  }
  std::string error(const std::string& text) const {
    std::string found = error_of([&] { open(text); });
    const std::string path = folder_.path("a.csv");
    EXPECT_TRUE(found.starts_with(path)) << found;
    return found.substr(std::min(path.size(), found.size()));
  }

  ScratchFolder folder_;
};

TEST_F(Csv, FieldsQuotesAndNewlines) {
  const auto rows = open(
      "question,answer\nWhy?,So.\r\n\"a, b\",\"say \"\"hi\"\"\"\n\n\"two\nlines\",\nlast,\"\"");
  ASSERT_EQ(rows->size(), 4);
  EXPECT_EQ(rows->row(0), (Json{{"question", "Why?"}, {"answer", "So."}}));
  EXPECT_EQ(rows->row(1), (Json{{"question", "a, b"}, {"answer", "say \"hi\""}}));
  EXPECT_EQ(rows->row(2), (Json{{"question", "two\nlines"}, {"answer", ""}}));
  EXPECT_EQ(rows->row(3)["answer"], "");
  EXPECT_EQ(rows->location(2), folder_.path("a.csv") + ":5");
  EXPECT_EQ(rows->location(3), folder_.path("a.csv") + ":7");
}

/// As Python's csv and pandas read them.
TEST_F(Csv, AQuoteInsideAFieldThatDoesNotBeginWithOneStandsForItself) {
  const auto rows = open("text,label\n5\" pipe,he said \"\"no\"\nx, \"y\nz\",\"c, d\"\n");
  ASSERT_EQ(rows->size(), 3);
  EXPECT_EQ(rows->row(0), (Json{{"text", "5\" pipe"}, {"label", "he said \"\"no\""}}));
  EXPECT_EQ(rows->row(1)["label"], " \"y");
  EXPECT_EQ(rows->row(2), (Json{{"text", "z\""}, {"label", "c, d"}}));
}

TEST_F(Csv, LinesThatEndInCarriageReturnsAloneAreTold) {
  EXPECT_EQ(
      error("a,b\r1,2\r3,4\r"),
      ": its lines end in carriage returns alone, as old Macs wrote them, and not in newlines; "
      "convert it: tr '\\r' '\\n' <" +
          folder_.path("a.csv"));
  EXPECT_EQ(open("a,b\r")->size(), 0);
}

TEST_F(Csv, TabsByteOrderMarkAndOneColumn) {
  EXPECT_EQ(open("\xEF\xBB\xBF"
                 "a\tb\n1,5\t\"x\ty\"\n",
                 "a.tsv")
                ->row(0),
            (Json{{"a", "1,5"}, {"b", "x\ty"}}));
  EXPECT_EQ(open("text\nhello\n")->row(0)["text"], "hello");
  EXPECT_EQ(open("a,b\n")->size(), 0);
  EXPECT_EQ(open("")->size(), 0);
}

TEST_F(Csv, SemicolonsOrTabsWhereTheHeaderHasNoComma) {
  const auto rows = open("\xEF\xBB\xBFq;a\nWhy, then?;\"So; so.\"\n");
  EXPECT_EQ(rows->row(0), (Json{{"q", "Why, then?"}, {"a", "So; so."}}));
  EXPECT_EQ(open("q\ta\n1;2\t3\n")->row(0), (Json{{"q", "1;2"}, {"a", "3"}}));
  EXPECT_EQ(open("q;r,a\n1,2\n")->row(0), (Json{{"q;r", "1"}, {"a", "2"}}));
  EXPECT_EQ(error("q;a\n1;2;3\n"), ":2: the row has 3 fields, the header 2");
}

TEST_F(Csv, ARowOfEmptyFieldsIsARow) {
  const auto rows = open("a\tb\n\t\n\n \r\n1\t2\n", "a.tsv");
  ASSERT_EQ(rows->size(), 2);
  EXPECT_EQ(rows->row(0), (Json{{"a", ""}, {"b", ""}}));
  EXPECT_EQ(rows->location(1), folder_.path("a.tsv") + ":5");
}

TEST_F(Csv, MalformedRowsHaveTheirPlace) {
  EXPECT_EQ(error("a,b\n1,2\n1,2,3\n"), ":3: the row has 3 fields, the header 2");
  EXPECT_EQ(error("a,b\n\"x\ny\",2\n1\n"), ":4: the row has 1 fields, the header 2");
  EXPECT_EQ(error("a,b\n1,\"open\n2,3\n"), ":2:3: the quote that is opened here is not closed");
  EXPECT_EQ(error("a,b\n1,\"x\"y\n"), ":2:6: text follows the closing quote of a field");
  EXPECT_EQ(error("a,b\n1,\"l\nx\xC3\"\n"),
            ":3:2: the byte 0xc3 is not valid UTF-8; convert the file to UTF-8");
  EXPECT_EQ(error("a,b\n1,\xff\n"),
            ":2:3: the byte 0xff is not valid UTF-8; convert the file to UTF-8");
}

TEST_F(Csv, MalformedRowsCanBeSkipped) {
  const auto rows = open("a,b\n1,2\n3\n4,5\n", "a.csv", {.skip_invalid = true});
  EXPECT_EQ(rows->size(), 2);
  EXPECT_EQ(rows->num_skipped(), 1);
  EXPECT_EQ(rows->row(1)["a"], "4");
}

TEST_F(Csv, AMalformedRowTakesNoOtherWithIt) {
  const auto values = [this](const std::string& text) {
    const auto rows = open("a,b\n" + text, "a.csv", {.skip_invalid = true});
    std::string out;
    for (std::int64_t i = 0; i < rows->size(); ++i) {
      out += rows->row(i)["a"].get<std::string>() + " ";
    }
    return fmt::format("{}({} skipped)", out, rows->num_skipped());
  };
  EXPECT_EQ(values("1,2\n\"5\" pipe,3\n4,5\n\"6\" pipe,7\n8,9\n"), "1 4 8 (2 skipped)");
  EXPECT_EQ(values("\"open,2\n3,4\n5,6\n"), "3 5 (1 skipped)");
  EXPECT_EQ(values("\"open,2\n3,4\n\"open,6\n7,8"), "3 7 (2 skipped)");
  EXPECT_EQ(values("\"x\ny\",2\r\n\"say \"\"hi\"\"\",4\r\n"), "x\ny say \"hi\" (0 skipped)");
}

TEST_F(Csv, TheHeaderNamesEveryColumnOnce) {
  EXPECT_EQ(error("a,,c\n1,2,3\n"),
            ":1: column 2 of the header has no name; the first line must name the columns");
  EXPECT_EQ(error("a,b,a\n1,2,3\n"), ":1: the header names the column 'a' twice");
}

}  // namespace
}  // namespace automodel::data
