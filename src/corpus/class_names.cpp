#include "corpus/class_names.h"

#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "corpus/run_data.h"
#include "data/weighted_blend.h"

namespace automodel::corpus {
namespace {

struct Listed {
  std::string key;  // e.g. "dataset.labels"
  std::vector<std::string> names;
};

/// What the recipe's data sets, and the parts of those that have some, list.
std::vector<Listed> listed_names(const config::Recipe& recipe) {
  std::vector<Listed> out;
  for (const DataSection& section : data_sections(recipe)) {
    for (const Json& keys : data::with_parts(section.keys.keys)) {
      const Json labels = keys.value("labels", Json());
      if (labels.is_array() && !labels.empty()) {
        out.push_back({section.name + ".labels", labels.get<std::vector<std::string>>()});
      }
    }
  }
  return out;
}

void check_count(const Listed& listed, std::int64_t num_labels) {
  check(std::cmp_equal(listed.names.size(), num_labels), ErrorKind::invalid_argument,
        "{} lists {} classes ({}), but the model tells {}; list all of them, or set "
        "model.num_labels: {}",
        listed.key, listed.names.size(), join(listed.names, ", "), num_labels, listed.names.size());
}

}  // namespace

std::vector<std::string> class_names(const config::Recipe& recipe,
                                     const std::vector<std::string>& model_names,
                                     std::int64_t num_labels) {
  const auto listed = listed_names(recipe);
  for (const Listed& one : listed) {
    check_count(one, num_labels);
    const auto& first = listed.front();
    check(one.names == first.names, ErrorKind::invalid_argument,
          "{} are {}, but {} are {}: the place in the list is the class's number, so both must be "
          "the same list",
          one.key, join(one.names, ", "), first.key, join(first.names, ", "));
    check(model_names.empty() || one.names == model_names, ErrorKind::invalid_argument,
          "{} are {}, but the model's classes are {} (id2label of its config.json or of the "
          "recipe): the place in the list is the class's number, so both must be the same list. "
          "Leave out `labels`: the names in the column are then looked up among the model's. If "
          "the model is to learn other classes, name them by model.id2label",
          one.key, join(one.names, ", "), join(model_names, ", "));
  }
  return listed.empty() ? model_names : listed.front().names;
}

}  // namespace automodel::corpus
