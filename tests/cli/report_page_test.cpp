#include "cli/report_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace automodel::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

Json data_of(const std::string& page) {
  const std::string open = R"(<script id="data" type="application/json">)";
  const auto begin = page.find(open) + open.size();
  return Json::parse(page.substr(begin, page.find("</script>", begin) - begin));
}

RunRecord run(const std::string& folder, int num_steps) {
  RunRecord out{.folder = folder, .manifest = {{"config", {{"seed", 1}}}}};
  for (int i = 0; i < num_steps; ++i) {
    out.steps.push_back({{"step", i}, {"loss", 1.0 / (i + 1)}});
  }
  return out;
}

TEST(ReportPage, HoldsTheRuns) {
  const auto page = report_page({run("runs/first", 3), run("runs/second/", 2)});
  EXPECT_THAT(page, AllOf(HasSubstr("<!doctype html>"), Not(HasSubstr("@DATA@"))));
  const Json data = data_of(page);
  EXPECT_EQ(data[0]["name"], "first");
  EXPECT_EQ(data[1]["name"], "second");
  EXPECT_EQ(data[0]["steps"][2]["loss"], 1.0 / 3);
  EXPECT_EQ(data[0]["manifest"]["config"]["seed"], 1);
}

TEST(ReportPage, NeedsNoNetwork) {
  EXPECT_THAT(report_page({run("a", 1)}),
              AllOf(Not(HasSubstr("src=")), Not(HasSubstr("href=")), Not(HasSubstr("@import"))));
}

TEST(ReportPage, RunsOfOneNameAreToldApart) {
  const Json data = data_of(report_page({run("a/out", 1), run("b/out", 1)}));
  EXPECT_EQ(data[0]["name"], "a/out");
  EXPECT_EQ(data[1]["name"], "b/out");
}

TEST(ReportPage, LongRunsAreThinned) {
  const Json steps = data_of(report_page({run("a", 5001)}))[0]["steps"];
  EXPECT_LE(steps.size(), 2001U);
  EXPECT_EQ(steps.front()["step"], 0);
  EXPECT_EQ(steps.back()["step"], 5000);
}

TEST(ReportPage, NoTextEndsTheData) {
  auto record = run("a", 1);
  record.manifest["sample"] = "</script><script>alert(1)</script><!--";
  EXPECT_EQ(data_of(report_page({record}))[0]["manifest"]["sample"], record.manifest["sample"]);
}

}  // namespace
}  // namespace automodel::cli
