#include "config/reference.h"

#include <fmt/format.h>

#include <set>

#include "base/text.h"
#include "config/check.h"
#include "config/not_built.h"
#include "config/schema/sections.h"

namespace automodel::config {
namespace {

constexpr const char* kHead = R"(# Recipe reference

Made by `automodel validate --reference`; do not edit. The sections and keys are those of NVIDIA NeMo AutoModel 0.5.0, whose
recipes are read unchanged ([what is not built yet](#what-is-not-built-yet) is refused); keys marked *ours* exist here only. Every key that is not listed is an error with the nearest
known name, except where a section says otherwise.

- Scalars are read as PyYAML reads them (YAML 1.1: `yes`, `no`, `on`, `off` are booleans, `010` is 8), then each text that is a
  Python literal becomes that value: `1e-5` is a number, `"0.99, 0.01"` a list, `None` and `none` are null.
- `${NAME}`, `${NAME,default}` and `$NAME` in texts are environment variables.
- On the command line `--section.key VALUE`, `--section.key=VALUE` or `--section.key` (true) override the file; unlike
  upstream's, a misspelt key there is an error as well, and `null` means null.
- `_target_` and functions are names from the fixed lists below. A recipe runs no code.
- A key *without effect here* may stand in a recipe; the run names those that ask for something. What would change results
  and is not built is an error.
- A key that is given twice in the file: the last one counts, with a warning.
- `automodel validate RECIPE --print-config` prints every resolved value with its origin.
)";

std::string cell(const std::string& text) { return replace_all(text, "|", "\\|"); }

std::string default_text(const Key& key) {
  if (key.required) {
    return "required";
  }
  if (!key.derived.empty()) {
    return key.derived;
  }
  if (!key.fallback || (key.forms & kMap) != 0) {
    return "";
  }
  return fmt::format("`{}`", key.fallback->dump());
}

std::string meaning(const Key& key) {
  if (!key.dead.empty()) {
    return key.dead;
  }
  return key.no_effect.empty()
             ? key.doc
             : fmt::format("{}; *without effect here*: {}", key.doc, key.no_effect);
}

std::string row(const Key& key, const std::string& parent) {
  return fmt::format("| `{}` | {} | {} | {}{} |\n", dotted(parent, key.name), cell(expected(key)),
                     cell(default_text(key)), key.ours ? "*ours*: " : "", cell(meaning(key)));
}

std::string rows(const std::vector<Key>& keys, const std::string& parent);

/// The keys below a mapping, and those of each of its targets.
std::string rows_below(const Key& key, const std::string& parent) {
  const std::string at = dotted(parent, key.name);
  std::string out = rows(key.keys, at);
  for (const Target& target : key.targets) {
    if (!target.name.empty()) {
      out += fmt::format("| `{}: {}` | | | {} |\n", dotted(at, key.selector), target.name,
                         cell(target.doc));
    }
    const std::string table = rows(target.keys, at);
    out += out.find(table) == std::string::npos ? table : "";
  }
  return out;
}

std::string rows(const std::vector<Key>& keys, const std::string& parent) {
  std::string out;
  for (const Key& key : keys) {
    out += row(key, parent) + rows_below(key, parent);
  }
  return out;
}

constexpr const char* kTableHead =
    "| key | value | default | meaning |\n| --- | --- | --- | --- |\n";

std::string extra_text(Extra extra) {
  switch (extra) {
    case Extra::refused:
      return "";
    case Extra::free:
      return "Takes any keys.";
    case Extra::model_config:
      return "Other keys override keys of config.json.";
    case Extra::ignored:
      return "Other keys are ignored with a warning.";
  }
  return "";
}

/// One target; a table that stands at an earlier target is only referred to.
std::string target_part(const Key& section, std::size_t index) {
  const Target& target = section.targets[index];
  std::string out = fmt::format("\n### `{}: {}`\n\n{}.", section.selector, target.name, target.doc);
  if (!target.aliases.empty()) {
    out += fmt::format(" Also: `{}`.", join(target.aliases, "`, `"));
  }
  const std::string extra = extra_text(target.extra);
  out += extra.empty() ? "" : fmt::format(" {}", extra);
  const std::string table = rows(target.keys, "");
  for (std::size_t i = 0; i < index && !table.empty(); ++i) {
    if (rows(section.targets[i].keys, "") == table) {
      return out + fmt::format(" Keys as for `{}`.\n", section.targets[i].name);
    }
  }
  return out + (table.empty() ? "\n" : fmt::format("\n\n{}{}", kTableHead, table));
}

/// model and teacher_model, and others that come in pairs, have the same keys: described once.
std::string same_as(const std::string& name) {
  return name == "teacher_model"           ? "model"
         : name == "teacher_distributed"   ? "distributed"
         : name == "kd_loss_fn"            ? "loss_fn"
         : name == "validation_dataset"    ? "dataset"
         : name == "validation_dataloader" ? "dataloader"
                                           : "";
}

std::string section_part(const Key& section) {
  if (!section.dead.empty()) {
    return "";
  }
  std::string out = fmt::format("\n## {}\n\n", section.name);
  const bool scalar = (section.forms & kMap) == 0;
  out += fmt::format(
      "{}{}.{}", section.required ? "Required. " : "", section.doc,
      scalar ? fmt::format(" {}; default {}.", expected(section), default_text(section)) : "");
  if (const std::string other = same_as(section.name); !other.empty()) {
    return out + fmt::format(" Keys as in [{}](#{}).\n", other, other);
  }
  const std::string extra = section.targets.empty() ? extra_text(section.extra) : "";
  out += (extra.empty() ? "" : " " + extra) + "\n";
  if (!section.keys.empty()) {
    out += "\n" + std::string(kTableHead) + rows(section.keys, "");
  }
  for (std::size_t i = 0; i < section.targets.size(); ++i) {
    out += target_part(section, i);
  }
  return out;
}

std::string dead_part(const std::vector<Key>& sections) {
  std::string out =
      "\n## Ignored sections\n\nAccepted with a warning, since recipes carry them.\n\n| section | "
      "why |\n| --- | --- |\n";
  for (const Key& section : sections) {
    if (!section.dead.empty()) {
      out += fmt::format("| `{}{}` | {} |\n", section.name, section.prefix ? "*" : "",
                         cell(section.dead));
    }
  }
  return out;
}

std::string not_built_part() {
  std::string out =
      "\n## What is not built yet\n\nIts keys are listed above, since recipes have them; a recipe "
      "that asks for it is refused, and `automodel validate` says so.\n\n";
  for (const std::string& text : all_not_built()) {
    out += fmt::format("- {}\n", text);
  }
  return out;
}

std::string other_kinds_part() {
  std::string out =
      "\n## Recipes that are not supported yet\n\nTheir sections are not checked.\n\n| recipe | "
      "trains |\n| --- | --- |\n";
  for (const OtherKind& kind : other_kinds()) {
    out += fmt::format("| `{}` | {} |\n", kind.name, kind.trains);
  }
  return out;
}

void add_paths(const std::vector<Key>& keys, const std::string& parent,
               std::set<std::string>& paths) {
  for (const Key& key : keys) {
    if (!key.dead.empty() || key.prefix) {
      continue;
    }
    const std::string path = dotted(parent, key.name);
    paths.insert(path);
    add_paths(key.keys, path, paths);
    for (const Target& target : key.targets) {
      paths.insert(dotted(path, key.selector));
      add_paths(target.keys, path, paths);
    }
  }
}

}  // namespace

std::string reference() {
  std::string out = kHead;
  const Key recipe = recipe_key();
  for (const Key& section : recipe.keys) {
    out += section_part(section);
  }
  return out + dead_part(recipe.keys) + not_built_part() + other_kinds_part();
}

std::vector<std::string> recipe_paths() {
  std::set<std::string> paths;
  add_paths(recipe_key().keys, "", paths);
  return {paths.begin(), paths.end()};
}

}  // namespace automodel::config
