#include "corpus/unused_template.h"

#include <fmt/format.h>

#include "data/registry.h"
#include "data/weighted_blend.h"

namespace automodel::corpus {
namespace {

/// The column of the question, or of the context; empty where texts have none.
std::string question_column(const Json& keys) {
  const Json columns = keys.value("column_mapping", Json());
  for (const char* part : {"question", "context"}) {
    const Json name = columns.is_object() ? columns.value(part, Json()) : Json();
    if (name.is_string()) {
      return name.get<std::string>();
    }
  }
  return "";
}

}  // namespace

std::optional<data::FailedTextCheck> unused_template(const config::Dataset& section,
                                                     const data::TextContext& used) {
  if (data::find_template(used, /*has_tools=*/false) == nullptr) {
    return std::nullopt;
  }
  for (const Json& keys : data::with_parts(section.keys)) {
    const auto column = question_column(keys);
    if (!column.empty() && !data::uses_template(keys.value("_target_", section.target), keys)) {
      return data::FailedTextCheck{data::Check::template_unused,
                                   fmt::format("the column '{}'", column)};
    }
  }
  return std::nullopt;
}

}  // namespace automodel::corpus
