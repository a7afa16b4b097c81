#include "data/columns.h"

#include <vector>

#include "base/error.h"
#include "base/exact_json.h"
#include "base/text.h"

namespace automodel::data {

const Json& column(const Json& row, const std::string& name) {
  if (!row.contains(name)) {
    std::vector<std::string> names;
    for (const auto& item : row.items()) {
      names.push_back(item.key());
    }
    const bool has_turns = row.contains("messages") || row.contains("conversations");
    fail(ErrorKind::corrupt_data, "the row has no column '{}'{}; its columns are: {}{}", name,
         did_you_mean(name, names), join(names, ", "),
         has_turns ? "; rows of turns are read by _target_: nemo_automodel.components.datasets.llm."
                     "ChatDataset"
                   : "");
  }
  return row[name];
}

std::string text_column(const Json& row, const std::string& name) {
  const Json& value = column(row, name);
  check(value.is_string(), ErrorKind::corrupt_data, "column '{}' must hold a string, found {} ({})",
        name, wide_integer(value) ? "number" : value.type_name(), exact_text(value));
  return value.get<std::string>();
}

}  // namespace automodel::data
