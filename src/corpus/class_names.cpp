#include "corpus/class_names.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "corpus/run_data.h"
#include "data/registry.h"
#include "data/weighted_blend.h"

namespace automodel::corpus {
namespace {

namespace fs = std::filesystem;

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

/// The names of a ClassLabel column in what save_to_disk of `datasets` wrote, if all are words:
/// numbers as names would be taken for the numbers of classes.
std::vector<std::string> names_in(const fs::path& info, const std::string& column) {
  std::error_code ignored;
  const Json features =
      fs::is_regular_file(info, ignored) ? read_json(info).value("features", Json()) : Json();
  const Json feature = features.is_object() ? features.value(column, Json()) : Json();
  if (!feature.is_object() || feature.value("_type", Json()) != "ClassLabel") {
    return {};
  }
  const auto names = feature.value("names", std::vector<std::string>());
  const auto is_number = [](const std::string& name) {
    return parse_number<std::int64_t>(name).has_value();
  };
  return std::ranges::any_of(names, is_number) ? std::vector<std::string>() : names;
}

/// What the data themselves say that the numbers in their column stand for.
std::vector<Listed> told_names(const config::Recipe& recipe) {
  std::vector<Listed> out;
  for (const DataSection& section : data_sections(recipe)) {
    const auto& keys = section.keys.keys;
    const std::string place(data::find_dataset_kind(section.keys.target).place);
    const Json path = keys.value(place, Json());
    if (!path.is_string()) {
      continue;
    }
    const fs::path folder = path.get<std::string>();
    const auto column = keys.value("label_column", std::string("label"));
    for (const fs::path& info :
         {folder / "dataset_info.json", folder / "train" / "dataset_info.json"}) {
      if (auto names = names_in(info, column); !names.empty()) {
        out.push_back({info.string(), std::move(names)});
      }
    }
  }
  return out;
}

/// Sorted, in lower case: whether two lists name the same classes.
std::vector<std::string> as_set(std::vector<std::string> names) {
  std::ranges::transform(names, names.begin(), to_lower_ascii);
  std::ranges::sort(names);
  return names;
}

/// `names` are the recipe's or the model's, `of` says which. The numbers of a model with classes of
/// its own may stand for something else; but not for the same classes in another order.
void check_told(const std::vector<Listed>& told, const std::vector<std::string>& names,
                const std::string& of) {
  for (const Listed& one : told) {
    const bool is_turned =
        as_set(one.names) == as_set(names) &&
        !std::ranges::equal(one.names, names, {}, to_lower_ascii, to_lower_ascii);
    check(!is_turned, ErrorKind::invalid_argument,
          "the classes are {} in {}, but {} in {}, which says what the numbers in the column stand "
          "for: give them in that order",
          join(names, ", "), of, join(one.names, ", "), one.key);
  }
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
  const auto told = told_names(recipe);
  if (!listed.empty()) {
    check_told(told, listed.front().names, listed.front().key);
    return listed.front().names;
  }
  check_told(told, model_names, "the model");
  const bool names_all = !told.empty() && std::cmp_equal(told.front().names.size(), num_labels);
  return model_names.empty() && names_all ? told.front().names : model_names;
}

}  // namespace automodel::corpus
