#include "corpus/class_names.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/error.h"
#include "base/json.h"
#include "base/json_text.h"
#include "base/text.h"
#include "corpus/run_data.h"
#include "data/find_files.h"
#include "data/registry.h"
#include "data/source.h"
#include "data/split.h"
#include "data/table_rows.h"
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

/// What `datasets` noted of a data set's columns, and the file that says so.
struct Notes {
  std::string file;
  Json features;
};

/// The files of the split that a section reads; none if they cannot be found, which reading them
/// will tell.
std::vector<std::string> files_of(const std::string& path, const Json& keys) {
  try {
    const auto first = split(text_at(keys, "split", "train"), '+').front();
    return data::find_data_files(path, {.split = data::parse_split(first).name,
                                        .configuration = text_at(keys, "name"),
                                        .revision = text_at(keys, "revision", "main")});
  } catch (const Error&) {
    return {};
  }
}

/// Of a folder that save_to_disk wrote, or else of a table.
Notes notes_of(const std::string& path, const Json& keys) {
  std::error_code ignored;
  for (const char* place : {"dataset_info.json", "train/dataset_info.json"}) {
    if (const fs::path info = fs::path(path) / place; fs::is_regular_file(info, ignored)) {
      const Json told = read_json(info);
      return {info.string(), told.is_object() ? told.value("features", Json()) : Json()};
    }
  }
  const auto files = files_of(path, keys);
  return files.empty() || !data::is_table(files.front())
             ? Notes()
             : Notes{files.front(), data::table_features(files.front())};
}

/// The names of a ClassLabel column, if all are words: numbers as names would be taken for the
/// numbers of classes.
std::vector<std::string> names_in(const Notes& notes, const std::string& column) {
  const Json& features = notes.features;
  const Json feature = features.is_object() ? features.value(column, Json()) : Json();
  if (!feature.is_object() || feature.value("_type", Json()) != "ClassLabel") {
    return {};
  }
  const Json given = feature.value("names", Json::array());
  const bool are_texts =
      given.is_array() && std::ranges::all_of(given, [](const Json& n) { return n.is_string(); });
  check(are_texts, ErrorKind::corrupt_data,
        "{}: the classes of the column '{}' are {}, expected a list of their names", notes.file,
        column, given.dump());
  const auto names = given.get<std::vector<std::string>>();
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
    const Json given = keys.value(place, Json());
    const Json path = given.is_array() && !given.empty() ? given.front() : given;
    if (!path.is_string()) {
      continue;
    }
    const Notes notes = notes_of(path.get<std::string>(), keys);
    if (auto names = names_in(notes, keys.value("label_column", std::string("label")));
        !names.empty()) {
      out.push_back({notes.file, std::move(names)});
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

/// Whether these are the same classes in another order.
bool are_turned(const std::vector<std::string>& one, const std::vector<std::string>& other) {
  return as_set(one) == as_set(other) &&
         !std::ranges::equal(one, other, {}, to_lower_ascii, to_lower_ascii);
}

/// The numbers in the columns of all data sets must stand for the same classes.
void check_alike(const std::vector<Listed>& told) {
  for (const Listed& one : told) {
    const Listed& first = told.front();
    check(!are_turned(one.names, first.names), ErrorKind::invalid_argument,
          "the classes are {} in {}, but {} in {}: the same number would stand for two classes; "
          "give both data sets one order (align_labels_with_mapping of `datasets` does)",
          join(first.names, ", "), first.key, join(one.names, ", "), one.key);
  }
}

/// `names` are the recipe's or the model's, `of` says which. The numbers of a model with classes of
/// its own may stand for something else; but not for the same classes in another order.
void check_told(const std::vector<Listed>& told, const std::vector<std::string>& names,
                const std::string& of) {
  for (const Listed& one : told) {
    check(!are_turned(one.names, names), ErrorKind::invalid_argument,
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
  check_alike(told);
  if (!listed.empty()) {
    check_told(told, listed.front().names, listed.front().key);
    return listed.front().names;
  }
  check_told(told, model_names, "the model");
  const bool names_all = !told.empty() && std::cmp_equal(told.front().names.size(), num_labels);
  return model_names.empty() && names_all ? told.front().names : model_names;
}

}  // namespace automodel::corpus
