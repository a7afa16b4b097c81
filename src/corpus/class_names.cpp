#include "corpus/class_names.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <optional>
#include <set>
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

/// Beside the data that save_to_disk of `datasets` wrote.
constexpr const char* kInfoFile = "dataset_info.json";

struct Listed {
  std::string key;  // e.g. "dataset.labels", or the file that says so
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

/// All files that a section reads.
std::vector<std::string> files_of(const data::ClassificationOptions& options) {
  std::vector<std::string> files;
  for (const std::string& part : split(options.split, '+')) {
    const data::FileChoice choice{.split = data::parse_split(std::string(trim(part))).name,
                                  .configuration = options.rows.configuration,
                                  .revision = options.rows.revision};
    for (const std::string& path : options.paths) {
      std::ranges::move(data::find_data_files(path, choice), std::back_inserter(files));
    }
  }
  return files;
}

/// Where notes of these files' columns may be, in their order: beside those that save_to_disk
/// wrote, else in those that are tables, of which one of several shards says it for all.
std::vector<std::string> noting_files(const std::vector<std::string>& files) {
  std::vector<std::string> out;
  std::set<std::string> tables;  // without the numbers of shards
  std::error_code ignored;
  for (const std::string& file : files) {
    const std::string info = (fs::path(file).parent_path() / kInfoFile).string();
    const bool is_saved = fs::is_regular_file(info, ignored);
    if (is_saved && (out.empty() || out.back() != info)) {
      out.push_back(info);
    } else if (!is_saved && data::is_table(file) &&
               tables.insert(data::without_shard_number(file)).second) {
      out.push_back(file);
    }
  }
  return out;
}

Notes read_notes(const std::string& file) {
  if (fs::path(file).filename() != kInfoFile) {
    return {file, data::table_features(file)};
  }
  const Json told = read_json(file);
  return {file, told.is_object() ? told.value("features", Json()) : Json()};
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

/// What the data of a section say that the numbers in their column stand for.
std::vector<Listed> told_names(const DataSection& section) {
  const auto& keys = section.keys.keys;
  const auto& kind = data::find_dataset_kind(section.keys.target);
  if (kind.read_classes == nullptr || !keys.contains(std::string(kind.place))) {
    return {};
  }
  const ErrorContext context("preparing {}", section.name);
  data::Keys reader(keys, "dataset " + std::string(kind.name));
  const auto options = kind.read_classes(reader);
  std::vector<Listed> out;
  for (const std::string& file : noting_files(files_of(options))) {
    if (auto names = names_in(read_notes(file), options.label_column); !names.empty()) {
      out.push_back({file, std::move(names)});
    }
  }
  return out;
}

/// Of all data, each list once.
std::vector<Listed> told_names(const config::Recipe& recipe) {
  std::vector<Listed> out;
  for (const DataSection& section : data_sections(recipe)) {
    for (Listed& one : told_names(section)) {
      if (std::ranges::find(out, one.names, &Listed::names) == out.end()) {
        out.push_back(std::move(one));
      }
    }
  }
  return out;
}

bool is_same_name(const std::string& one, const std::string& other) {
  return to_lower_ascii(one) == to_lower_ascii(other);
}

/// The first name that stands for another number in `other`; nothing if there is none.
std::optional<std::string> moved_name(const std::vector<std::string>& names,
                                      const std::vector<std::string>& other) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto is_this = [&](const std::string& name) { return is_same_name(name, names[i]); };
    const bool stays = i < other.size() && is_this(other[i]);
    if (!stays && std::ranges::any_of(other, is_this)) {
      return names[i];
    }
  }
  return std::nullopt;
}

/// The numbers in the columns of all data sets must stand for the same classes.
void check_alike(const std::vector<Listed>& told) {
  for (auto one = told.begin(); one != told.end(); ++one) {
    for (auto first = told.begin(); first != one; ++first) {
      const auto moved = moved_name(first->names, one->names);
      check(!moved, ErrorKind::invalid_argument,
            "the classes are {} in {}, but {} in {}: '{}' has two numbers; give both data sets one "
            "order (align_labels_with_mapping of `datasets` does)",
            join(first->names, ", "), first->key, join(one->names, ", "), one->key,
            moved.value_or(""));
    }
  }
}

/// `names` are the recipe's or the model's, `of` says which. The numbers of a model with classes of
/// its own may stand for something else; but a name that both have must have one number.
void check_told(const std::vector<Listed>& told, const std::vector<std::string>& names,
                const std::string& of) {
  for (const Listed& one : told) {
    const auto moved = moved_name(names, one.names);
    check(!moved, ErrorKind::invalid_argument,
          "the classes are {} in {}, but {} in {}, which says what the numbers in the column stand "
          "for: rows of '{}' would be learnt as another class. Name the classes in the data's "
          "order, or give the data these numbers (align_labels_with_mapping of `datasets` does)",
          join(names, ", "), of, join(one.names, ", "), one.key, moved.value_or(""));
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
