#include "text/jinja/lookup.h"

#include <unordered_map>

#include "text/jinja/filters.h"
#include "text/jinja/tests.h"

namespace automodel::text::jinja {

Filter find_filter(std::string_view name) {
  static const std::unordered_map<std::string_view, Filter> kFilters = [] {
    std::unordered_map<std::string_view, Filter> table;
    for (const auto filters : {text_filters(), number_filters(), sequence_filters(),
                               order_filters(), select_filters()}) {
      for (const NamedFilter& filter : filters) {
        table.emplace(filter.name, filter.body);
      }
    }
    return table;
  }();
  const auto at = kFilters.find(name);
  return at != kFilters.end() ? at->second : nullptr;
}

Test find_test(std::string_view name) {
  static const std::unordered_map<std::string_view, Test> kTests = [] {
    std::unordered_map<std::string_view, Test> table;
    for (const NamedTest& test : all_tests()) {
      table.emplace(test.name, test.body);
    }
    return table;
  }();
  const auto at = kTests.find(name);
  return at != kTests.end() ? at->second : nullptr;
}

}  // namespace automodel::text::jinja
