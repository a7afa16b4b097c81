#pragma once
// What data/report.h tells, as a page of HTML that needs nothing else.

#include <string>
#include <vector>

#include "data/survey.h"
#include "data/text_context.h"

namespace automodel::data {

/// One data set on the page.
struct PageSection {
  std::string title;
  /// What is told of it, a line each.
  std::vector<std::string> lines;
  std::vector<std::int64_t> lengths;
  /// Rows to show, with their places.
  struct Row {
    std::string location;
    TokenizedSample sample;
  };
  std::vector<Row> rows;
};

/// A page with every section: the lines, a bar for each class of lengths, and the rows with what is
/// learnt marked.
std::string data_page(const std::string& title, const std::vector<PageSection>& sections,
                      const text::Tokenizer& tokenizer);

}  // namespace automodel::data
