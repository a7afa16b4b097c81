#include "config/load.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "config/check.h"
#include "config/extract.h"
#include "config/manifest.h"
#include "config/normalise.h"
#include "config/print.h"
#include "config/rules.h"
#include "config/schema/sections.h"
#include "config/yaml.h"

namespace automodel::config {
namespace {

void append(std::vector<Problem>& to, std::vector<Problem> from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

std::vector<std::string> format_all(std::vector<Problem> problems, const std::string& file) {
  std::stable_sort(problems.begin(), problems.end(), [](const Problem& a, const Problem& b) {
    return std::pair(a.where.line, a.where.column) < std::pair(b.where.line, b.where.column);
  });
  std::vector<std::string> out;
  for (const Problem& problem : problems) {
    out.push_back(format_problem(problem, file));
  }
  return out;
}

void refuse(const std::vector<Problem>& problems, const std::string& file,
            ErrorKind kind = ErrorKind::invalid_argument) {
  if (!problems.empty()) {
    const auto lines = format_all(problems, file);
    fail(kind, "the recipe has {} problem{}:\n  {}", lines.size(), lines.size() == 1 ? "" : "s",
         join(lines, "\n  "));
  }
}

/// A first try is often to give the data.
void refuse_data_file(const std::string& path) {
  constexpr auto kEndings = std::to_array<std::string_view>(
      {".jsonl", ".ndjson", ".csv", ".tsv", ".txt", ".parquet", ".arrow", ".gz", ".zst"});
  const auto ending = std::filesystem::path(path).extension().string();
  check(std::ranges::find(kEndings, ending) == kEndings.end(), ErrorKind::invalid_argument,
        "{0} is a data file; a recipe is a YAML file, whose section dataset names the data. "
        "'automodel data --dataset {0} --tokenizer FOLDER' looks at data without a recipe",
        path);
}

struct Source {
  Node tree;
  Json manifest;
};

Source read_source(const std::string& path, std::vector<Problem>& warnings) {
  check(!std::filesystem::is_directory(path), ErrorKind::invalid_argument,
        "{} is a folder; a recipe is a YAML file", path);
  refuse_data_file(path);
  const std::string text = read_file(path);
  if (Json manifest = parse_manifest(text); !manifest.is_null()) {
    return {manifest_tree(manifest), std::move(manifest)};
  }
  YamlDocument document = parse_yaml(text, path);
  append(warnings, std::move(document.warnings));
  return {std::move(document.root), nullptr};
}

/// Nobody wrote the defaults that a manifest has.
bool is_default_of(const Json& manifest, const Problem& problem) {
  const auto origins = manifest.is_null() ? Json() : manifest.value("origins", Json::object());
  return problem.where.kind == OriginKind::manifest && !problem.path.empty() &&
         std::ranges::none_of(origins.items(), [&](const auto& origin) {
           return origin.key() == problem.path || origin.key().starts_with(problem.path + ".");
         });
}

std::string without_effect_text(const std::map<std::string, std::vector<std::string>>& keys,
                                const std::string& file) {
  std::vector<std::string> parts;
  for (const auto& [why, paths] : keys) {
    parts.push_back(fmt::format("{} ({})", join(paths, ", "), why));
  }
  return fmt::format("{}: without effect here: {}", file, join(parts, "; "));
}

/// Of such recipes not even the keys can be checked.
void refuse_other_kinds(const Node& root, const std::string& file) {
  const Node* recipe = root.find("recipe");
  const Node* name =
      recipe != nullptr && recipe->kind == NodeKind::map ? recipe->find("_target_") : recipe;
  const std::string text = name != nullptr && name->is_text() ? name->value : Json("");
  for (const OtherKind& kind : other_kinds()) {
    if (text.substr(text.rfind('.') + 1) == kind.name) {
      refuse(
          {{name->origin, "recipe",
            fmt::format("{} trains {}, which is not supported yet", describe(*name), kind.trains)}},
          file, ErrorKind::unsupported);
    }
  }
}

}  // namespace

LoadedRecipe check_recipe(const std::string& path, std::span<const std::string> overrides,
                          const Environment& environment) {
  std::vector<Problem> warnings;
  Source source = read_source(path, warnings);
  TypedTree typed = type_tree(apply_overrides(std::move(source.tree), overrides), environment);
  NormalisedTree normal = normalise_tree(std::move(typed.root));
  append(warnings, std::move(normal.warnings));
  refuse_other_kinds(normal.root, path);
  static const Key kTable = recipe_key();
  CheckedTree checked = check_tree(kTable, normal.root);
  append(warnings, std::move(checked.warnings));
  fill_from_environment(checked.tree, environment);
  drop_switched_off(checked.tree);
  append(warnings, share_chat_template(checked.tree));
  std::vector<Problem> problems = std::move(typed.problems);
  append(problems, std::move(checked.problems));
  if (problems.empty()) {
    RuleFindings findings = apply_rules(checked.tree);
    append(problems, std::move(findings.problems));
    append(warnings, std::move(findings.warnings));
  }
  refuse(problems, path);
  LoadedRecipe out;
  out.recipe = extract_recipe(checked.tree);
  std::erase_if(warnings, [&](const Problem& p) { return is_default_of(source.manifest, p); });
  out.warnings = format_all(warnings, path);
  if (!checked.without_effect.empty()) {
    out.warnings.push_back(without_effect_text(checked.without_effect, path));
  }
  out.not_built = find_not_built(checked.tree);
  out.tree = std::move(checked.tree);
  out.path = path;
  out.overrides.assign(overrides.begin(), overrides.end());
  out.manifest = std::move(source.manifest);
  return out;
}

LoadedRecipe load_recipe(const std::string& path, std::span<const std::string> overrides,
                         const Environment& environment) {
  LoadedRecipe loaded = check_recipe(path, overrides, environment);
  check(loaded.not_built.empty(), ErrorKind::unsupported,
        "{} asks for what is not supported yet:\n  {}", path, join(loaded.not_built, "\n  "));
  return loaded;
}

}  // namespace automodel::config
