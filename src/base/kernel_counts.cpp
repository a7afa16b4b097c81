#include "base/kernel_counts.h"

#include <fstream>
#include <sstream>

#include "base/text.h"

namespace automodel {

std::map<std::string, std::uint64_t> read_kernel_counts(const std::filesystem::path& file) {
  std::map<std::string, std::uint64_t> counts;
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string name;
    words >> name;
    if (name.ends_with(':')) {
      name.pop_back();
    }
    for (std::string word; words >> word;) {
      if (const auto number = parse_number<std::uint64_t>(word)) {
        counts[name] = *number;
      }
    }
  }
  return counts;
}

}  // namespace automodel
