// No key of a recipe does nothing in silence: each is refused, told to be without effect, or read.

#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <regex>
#include <set>

#include "base/file.h"
#include "base/text.h"
#include "config/not_built.h"
#include "config/schema/sections.h"

namespace automodel::config {
namespace {

namespace fs = std::filesystem;

/// The program's sources but those that only define, refuse or check keys.
std::string sources_that_read(std::set<fs::path> skipped = {}) {
  const fs::path root = fs::path(AM_SOURCE_DIR) / "src";
  skipped.insert({root / "config/schema", root / "config/rules", root / "cli/texts"});
  std::string out;
  for (auto entry = fs::recursive_directory_iterator(root); entry != fs::end(entry); ++entry) {
    if (skipped.contains(entry->path())) {
      entry.disable_recursion_pending();
    } else if (entry->is_regular_file() && entry->path().filename() != "not_built.cpp") {
      out += read_file(entry->path());
    }
  }
  return out;
}

/// Recipes that say so at this dotted path wait for something that is not built.
bool is_refused(const std::string& path, const Json& value) {
  Json tree = value;
  const auto parts = split(path, '.');
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
    tree = Json{{*part, tree}};
  }
  return !find_not_built(from_json(tree, {})).empty();
}

class Walk {
 public:
  void keys(const std::vector<Key>& keys, const std::string& path) {
    for (const Key& key : keys) {
      one(key, dotted(path, key.name));
    }
  }

  std::vector<std::string> unread;
  std::size_t read = 0;

 private:
  /// Sections that have no effect as long as they are switched off, or that are refused as such.
  static bool is_switched(const Key& key, const std::string& path) {
    static const std::set<std::string> kSwitches = {"enabled", "load_in_4bit", "project_name"};
    return std::ranges::any_of(key.keys, [&](const Key& child) {
      return kSwitches.contains(child.name) &&
             (!child.no_effect.empty() || is_refused(dotted(path, child.name), true));
    });
  }

  /// Sections that a recipe of another kind warns of; that kind is refused.
  static bool is_of_distillation(const std::string& path) {
    return path.starts_with("teacher_") || path.starts_with("kd_") ||
           path == "offload_teacher_model" || path == "separate_meshes";
  }

  static bool is_answered(const Key& key, const std::string& path) {
    if (is_of_distillation(path) || key.doc.starts_with("vision-language: ")) {
      return true;
    }
    std::vector<Json> values = {true, 7, "made_up"};
    values.insert(values.end(), key.choices.begin(), key.choices.end());
    const bool refused =
        std::ranges::any_of(values, [&](const Json& value) { return is_refused(path, value); });
    return refused || !key.dead.empty() || !key.no_effect.empty() || is_switched(key, path);
  }

  void one(const Key& key, const std::string& path) {
    if (key.name == key.selector || key.name == "_target_" || is_answered(key, path)) {
      return;
    }
    for (const Target& target : key.targets) {
      if (!is_refused(dotted(path, key.selector), target.name)) {
        keys(target.keys, path);
      }
    }
    keys(key.keys, path);
    if (key.targets.empty() && key.keys.empty()) {
      const bool is_read = sources_.find('"' + key.name + '"') != std::string::npos ||
                           sources_.find('.' + key.name + '"') != std::string::npos;
      ++read;
      if (!is_read && !architecture_.contains(key.name)) {
        unread.push_back(path);
      }
    }
  }

  static std::set<std::string> names_of(const std::vector<Key>& keys) {
    std::set<std::string> names;
    for (const Key& key : keys) {
      names.insert(key.name);
    }
    return names;
  }

  std::string sources_ = sources_that_read();
  std::set<std::string> architecture_ = names_of(architecture_keys());  // as config.json has them
};

TEST(Effects, EveryKeyIsReadRefusedOrToldToBeWithoutEffect) {
  Walk walk;
  walk.keys(recipe_key().keys, "");
  EXPECT_GT(walk.read, 200);
  EXPECT_TRUE(walk.unread.empty()) << fmt::format("{}", fmt::join(walk.unread, "\n"));
}

/// No member of the sections' structs is taken from a recipe and then used by nobody.
TEST(Effects, EveryFieldIsUsed) {
  const fs::path root = fs::path(AM_SOURCE_DIR) / "src";
  const std::string users = sources_that_read({root / "config/extract"});
  std::vector<std::string> unused;
  const std::regex member(R"(\n  [\w:<>, ]+ (\w+)( = [^;]*)?;)");
  for (const char* name : {"training_sections.h", "data_sections.h", "model_sections.h"}) {
    const auto header = read_file(root / "config" / name);
    for (std::sregex_iterator at(header.begin(), header.end(), member), end; at != end; ++at) {
      if (users.find("." + at->str(1)) == std::string::npos) {
        unused.push_back(at->str(1));
      }
    }
  }
  EXPECT_TRUE(unused.empty()) << fmt::format("{}", fmt::join(unused, "\n"));
}

}  // namespace
}  // namespace automodel::config
