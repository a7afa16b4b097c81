#include "data/page.h"

#include "data/support.h"
#include "data/test_text.h"

namespace automodel::data {
namespace {

using ::testing::HasSubstr;

TEST(Page, HoldsEverySectionEscaped) {
  PageSection section{.title = "dataset <1>", .lines = {"a & b"}, .lengths = {3, 30}};
  TokenizedSample sample;
  append_document(sample, {'<', 'a', kImEnd}, {0, 1, 1});
  section.rows.push_back({"rows.jsonl:1", sample});
  const std::string page = data_page("my<data>", {section}, chatml_context().tokenizer);
  EXPECT_THAT(page, ::testing::StartsWith("<!doctype html>"));
  EXPECT_THAT(page, HasSubstr("<title>my&lt;data&gt;</title>"));
  EXPECT_THAT(page, HasSubstr("<h2>dataset &lt;1&gt;</h2>\n<pre>a &amp; b\n</pre>"));
  EXPECT_THAT(page, HasSubstr("<h3>rows.jsonl:1</h3>\n<pre>&lt;<mark>a&lt;|im_end|&gt;</mark>"));
  EXPECT_THAT(page, HasSubstr("<tr><td>3 - 5<td class=\"bar\"><div style=\"width: 100%\">"));
}

}  // namespace
}  // namespace automodel::data
