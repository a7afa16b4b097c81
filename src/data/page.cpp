#include "data/page.h"

#include <fmt/format.h>

#include <algorithm>

#include "data/describe.h"
#include "data/report.h"
#include "text/html.h"

namespace automodel::data {
namespace {

constexpr const char* kHead = R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{0}</title><style>
body {{ font: 15px/1.5 sans-serif; margin: 2em auto; max-width: 60em; padding: 0 1em }}
pre {{ white-space: pre-wrap; overflow-wrap: anywhere; background: #f6f6f6; padding: .8em }}
mark {{ background: #b7ebc0; color: inherit }}
td {{ padding: 0 .6em; text-align: right }}
td.bar {{ width: 24em; text-align: left }}
td.bar div {{ background: #6a9fd8; height: 1em }}
</style></head><body><h1>{0}</h1>
)";

std::string bars(const std::vector<std::int64_t>& lengths) {
  const auto classes = length_classes(lengths);
  std::int64_t most = 1;
  for (const LengthClass& one : classes) {
    most = std::max(most, one.count);
  }
  std::string out = "<table><tr><td>tokens<td class=\"bar\"><td>rows</tr>\n";
  for (const LengthClass& one : classes) {
    out += fmt::format(
        "<tr><td>{} - {}<td class=\"bar\"><div style=\"width: {}%\"></div><td>{}</tr>\n", one.begin,
        one.begin + one.width - 1, 100 * one.count / most, one.count);
  }
  return out + "</table>\n";
}

std::string section_html(const PageSection& section, const text::Tokenizer& tokenizer) {
  std::string out = fmt::format("<h2>{}</h2>\n<pre>", text::escape_html(section.title));
  for (const std::string& line : section.lines) {
    out += text::escape_html(line) + "\n";
  }
  out += "</pre>\n" + bars(section.lengths);
  for (const PageSection::Row& row : section.rows) {
    out += fmt::format("<h3>{}</h3>\n<pre>{}</pre>\n", text::escape_html(row.location),
                       show_sample(row.sample, tokenizer, MarkStyle::html));
  }
  return out;
}

}  // namespace

std::string data_page(const std::string& title, const std::vector<PageSection>& sections,
                      const text::Tokenizer& tokenizer) {
  std::string out = fmt::format(fmt::runtime(kHead), text::escape_html(title));
  for (const PageSection& section : sections) {
    out += section_html(section, tokenizer);
  }
  return out + "<p>Learnt text is <mark>marked</mark>.</p>\n</body></html>\n";
}

}  // namespace automodel::data
