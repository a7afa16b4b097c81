#include "data/card.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "base/utf8.h"
#include "config/scalar.h"
#include "config/yaml.h"
#include "data/path_pattern.h"
#include "data/source.h"

namespace automodel::data {
namespace {

namespace fs = std::filesystem;
using config::Node;
using config::NodeKind;

/// README.md, or a file of its keys alone, which count before it. Source: `datasets`, load.py.
fs::path card_file(const fs::path& folder) {
  const fs::path keys = folder / ".huggingface.yaml";
  std::error_code ignored;
  const bool counts =
      fs::is_regular_file(keys, ignored) && read_file(keys).find("configs") != std::string::npos;
  return counts ? keys : folder / "README.md";
}

/// From the beginning up to the second "---", so that lines keep their numbers; empty if the text
/// begins otherwise. Source: REGEX_YAML_BLOCK of huggingface_hub.
std::string_view front_matter(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos || !text.substr(begin).starts_with("---") ||
      std::string_view("\r\n").find(text.substr(begin + 3, 1)) == std::string_view::npos) {
    return "";
  }
  for (auto end = text.find("\n---", begin + 3); end != std::string_view::npos;
       end = text.find("\n---", end + 1)) {
    if (end + 4 == text.size() || text[end + 4] == '\r' || text[end + 4] == '\n') {
      return text.substr(0, end + 1);
    }
  }
  return "";
}

/// `configs` of one card.
class CardReader {
 public:
  explicit CardReader(std::string file) : file_(std::move(file)) {}

  std::vector<CardConfiguration> configurations(const Node& root) const {
    const Node* list = value_of(root, "configs");
    std::vector<CardConfiguration> out;
    if (list == nullptr) {
      return out;
    }
    demand(list->kind == NodeKind::list, *list, "`configs` must be a list of configurations");
    for (const Node& item : list->items) {
      CardConfiguration one = configuration(item);
      std::erase_if(out, [&](const auto& earlier) { return earlier.name == one.name; });
      out.push_back(std::move(one));
    }
    return out;
  }

 private:
  void demand(bool ok, const Node& node, std::string_view wanted) const {
    check(ok, ErrorKind::corrupt_data, "{}:{}:{}: {}", file_, node.origin.line, node.origin.column,
          wanted);
  }

  /// Nothing for null, too.
  static const Node* value_of(const Node& map, std::string_view key) {
    const Node* node = map.find(key);
    const bool is_null = node != nullptr && node->kind == NodeKind::scalar && node->plain &&
                         config::type_yaml_scalar(node->text).is_null();
    return is_null ? nullptr : node;
  }

  std::string text(const Node& node, std::string_view what) const {
    demand(node.kind == NodeKind::scalar && !node.text.empty(), node,
           fmt::format("{} must be a text", what));
    return node.text;
  }

  CardConfiguration configuration(const Node& node) const {
    const Node* name = value_of(node, "config_name");
    demand(name != nullptr, node, "each of `configs` must be a mapping with a `config_name`");
    CardConfiguration out{.name = text(*name, "`config_name`")};
    if (const Node* folder = value_of(node, "data_dir")) {
      out.folder = inside("", *folder, "`data_dir`");
    }
    if (const Node* flag = value_of(node, "default")) {
      out.is_default = flag->plain && config::type_yaml_scalar(flag->text) == true;
    }
    if (const Node* files = value_of(node, "data_files")) {
      out.splits = splits(*files, out.folder);
    }
    return out;
  }

  std::vector<CardSplit> splits(const Node& node, const std::string& folder) const {
    std::vector<CardSplit> out;
    const auto add = [&](std::string name, const Node& paths, const Node& where) {
      const bool is_new = std::ranges::none_of(out, [&](const auto& s) { return s.name == name; });
      demand(is_new, where, fmt::format("the split '{}' is there twice", name));
      out.push_back({std::move(name), patterns(paths, folder)});
    };
    if (node.kind == NodeKind::map) {
      for (const config::Entry& entry : node.entries) {
        add(entry.key, entry.value, entry.value);
      }
    } else if (node.kind == NodeKind::list && !node.items.empty() &&
               node.items.front().kind == NodeKind::map) {
      for (const Node& item : node.items) {
        const Node* split = value_of(item, "split");
        const Node* path = value_of(item, "path");
        demand(split != nullptr && path != nullptr, item,
               "each of `data_files` must have a `split` and a `path`, or each must be a path");
        add(text(*split, "`split`"), *path, item);
      }
    } else {
      add("train", node, node);
    }
    return out;
  }

  std::vector<std::string> patterns(const Node& node, const std::string& folder) const {
    constexpr std::string_view kWhat = "a path of `data_files`";
    std::vector<std::string> out;
    if (node.kind != NodeKind::list) {
      return {inside(folder, node, kWhat)};
    }
    for (const Node& item : node.items) {
      out.push_back(inside(folder, item, kWhat));
    }
    demand(!out.empty(), node, "no path of a data file is given");
    return out;
  }

  /// The path relative to the card's folder. "." for that itself.
  std::string inside(const std::string& folder, const Node& node, std::string_view what) const {
    const fs::path path(text(node, what));
    const std::string out = (fs::path(folder) / path).lexically_normal().generic_string();
    const bool is_inside = !path.is_absolute() && path.string().find("://") == std::string::npos &&
                           *fs::path(out).begin() != "..";
    demand(is_inside, node,
           fmt::format("'{}' is not in the folder of the card; bring its files and give their "
                       "paths in the recipe",
                       path.string()));
    return out;
  }

  std::string file_;
};

std::vector<std::string> names_of(const std::vector<CardConfiguration>& card) {
  std::vector<std::string> names;
  std::ranges::transform(card, std::back_inserter(names), &CardConfiguration::name);
  return names;
}

/// By is_default, then by the name "default".
const CardConfiguration& default_of(const std::vector<CardConfiguration>& card,
                                    const std::string& file) {
  const auto marked = std::ranges::count_if(card, &CardConfiguration::is_default);
  auto found = std::ranges::find_if(card, &CardConfiguration::is_default);
  if (marked == 0) {
    found = std::ranges::find(card, "default", &CardConfiguration::name);
  }
  const bool is_clear = marked == 1 || found != card.end() || card.size() == 1;
  check(marked <= 1 && is_clear, ErrorKind::invalid_argument,
        "{}: the card lists several configurations, {} default; say which by the key `name`: {}",
        file, marked > 1 ? "more than one as" : "none as", join(names_of(card), ", "));
  return found == card.end() ? card.front() : *found;
}

std::vector<std::string> paths_below(const fs::path& folder) {
  std::vector<std::string> paths;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) {
      paths.push_back(entry.path().lexically_relative(folder).generic_string());
    }
  }
  std::ranges::sort(paths);
  return paths;
}

PathPattern pattern_of(const CardConfiguration& configuration, const std::string& text) {
  const ErrorContext context("reading the pattern '{}' of the configuration '{}'", text,
                             configuration.name);
  return PathPattern(text);
}

}  // namespace

bool CardConfiguration::takes(const std::string& path) const {
  if (splits.empty()) {
    const std::string below = folder.ends_with('/') ? folder : folder + "/";
    return folder == "." || path.starts_with(below);
  }
  return std::ranges::any_of(splits, [&](const CardSplit& split) {
    return std::ranges::any_of(split.patterns, [&](const std::string& pattern) {
      return pattern_of(*this, pattern).matches(path);
    });
  });
}

std::vector<CardConfiguration> read_card(const fs::path& folder) {
  const fs::path file = card_file(folder);
  std::error_code ignored;
  if (!fs::is_regular_file(file, ignored)) {
    return {};
  }
  const std::string content = read_file(file);
  const auto text = without_byte_order_mark(content);
  const std::string_view yaml = file.filename() == "README.md" ? front_matter(text) : text;
  if (yaml.find("configs") == std::string_view::npos) {
    return {};
  }
  try {
    const auto document = config::parse_yaml(
        yaml, file.string(), {.name = "the front matter of a card", .most_values = 200'000});
    return CardReader(file.string()).configurations(document.root);
  } catch (const Error& error) {
    fail(ErrorKind::corrupt_data,
         "{}. The front matter of this card (`configs`) says which files are the data set; put it "
         "right, or give the paths of the files",
         error.message());
  }
}

std::optional<CardConfiguration> find_configuration(const fs::path& folder,
                                                    const std::string& wanted) {
  const auto card = read_card(folder);
  if (std::ranges::none_of(card, &CardConfiguration::names_files)) {
    return std::nullopt;
  }
  const std::string file = card_file(folder).string();
  const auto found = std::ranges::find(card, wanted, &CardConfiguration::name);
  check(wanted.empty() || found != card.end(), ErrorKind::not_found,
        "{}: the card has no configuration '{}'{}; it lists {}", file, wanted,
        did_you_mean(wanted, names_of(card)), join(names_of(card), ", "));
  const CardConfiguration& chosen = wanted.empty() ? default_of(card, file) : *found;
  return chosen.names_files() ? std::optional(chosen) : std::nullopt;
}

std::vector<std::string> files_of_split(const fs::path& folder,
                                        const CardConfiguration& configuration,
                                        const std::string& split, const std::string& advice) {
  const std::string file = card_file(folder).string();
  std::vector<std::string> names;
  std::ranges::transform(configuration.splits, std::back_inserter(names), &CardSplit::name);
  const auto found = std::ranges::find(configuration.splits, split, &CardSplit::name);
  check(found != configuration.splits.end(), ErrorKind::not_found,
        "{}: the configuration '{}' has no split '{}'{}; the card lists {}", file,
        configuration.name, split, did_you_mean(split, names), join(names, ", "));
  const auto paths = paths_below(folder);
  std::vector<std::string> files;
  for (const std::string& text : found->patterns) {
    const PathPattern pattern = pattern_of(configuration, text);
    const auto before = files.size();
    for (const std::string& path : paths) {
      if (path == text || (pattern.matches(path) && is_data_file(path))) {
        files.push_back((folder / path).string());
      }
    }
    check(files.size() > before, ErrorKind::not_found,
          "{}: the card names '{}' for the split '{}' of the configuration '{}', and no data file "
          "of that name is there; {}",
          file, text, split, configuration.name, advice);
  }
  return files;
}

}  // namespace automodel::data
