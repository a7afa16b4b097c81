#include "base/number_range.h"

#include <fmt/format.h>

#include <functional>
#include <string>

#include "base/text.h"

namespace automodel {
namespace {

/// `expected` is such a number in words.
CLI::Validator range(const std::function<bool(double)>& holds, const std::string& expected) {
  return {[holds, expected](std::string& word) {
            if (word.empty()) {  // which CLI11 takes for 0
              return fmt::format("found no number, expected one {}", expected);
            }
            const auto value = parse_number<double>(word);
            return !value || holds(*value)  // CLI11 tells of what is no number
                       ? std::string()
                       : fmt::format("{} is out of range, expected a number {}", word, expected);
          },
          expected};
}

}  // namespace

CLI::Validator at_least(double least) {
  return range([least](double value) { return value >= least; },
               fmt::format("of at least {}", least));
}

CLI::Validator above(double bound) {
  return range([bound](double value) { return value > bound; }, fmt::format("above {}", bound));
}

CLI::Validator above_and_at_most(double bound, double most) {
  return range([bound, most](double value) { return value > bound && value <= most; },
               fmt::format("above {} and at most {}", bound, most));
}

}  // namespace automodel
