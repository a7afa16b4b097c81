#include "plan/lora_targets.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/error.h"
#include "base/text.h"

namespace automodel::plan {
namespace {

/// Patterns that mean a role instead of a name.
constexpr auto kRoles = std::to_array({spec::Role::attention, spec::Role::mlp, spec::Role::experts,
                                       spec::Role::shared_experts, spec::Role::router});
constexpr auto kEmbeddings = std::to_array<std::string_view>(
    {"embed_tokens", "embed_in", "tok_embeddings", "wte", "word_embeddings"});
constexpr std::size_t kMaxNamed = 12;

std::optional<spec::Role> role_named(const std::string& pattern) {
  const auto* found = std::ranges::find(kRoles, pattern, [](auto role) { return to_string(role); });
  return found == kRoles.end() ? std::nullopt : std::optional(*found);
}

bool matches_name(const std::string& name, const std::string& pattern) {
  return matches_wildcard(name, pattern) || matches_wildcard(spec::last_name(name), pattern);
}

bool matches(const spec::LoraModule& module, const std::string& pattern) {
  if (const auto role = role_named(pattern)) {
    return module.role == *role;
  }
  return matches_name(module.name, pattern) || matches_name(module.owner, pattern);
}

bool matches_any(const spec::LoraModule& module, const std::vector<std::string>& patterns) {
  return std::ranges::any_of(patterns, [&](const auto& p) { return matches(module, p); });
}

bool matches_nothing(std::span<const spec::LoraModule> modules, const std::string& pattern) {
  return std::ranges::none_of(modules, [&](const auto& m) { return matches(m, pattern); });
}

/// Each text once, in order.
template <class Text>
std::vector<std::string> distinct(std::span<const spec::LoraModule> modules, const Text& text_of) {
  std::vector<std::string> out;
  for (const auto& module : modules) {
    std::string text(text_of(module));
    if (std::ranges::find(out, text) == out.end()) {
      out.push_back(std::move(text));
    }
  }
  return out;
}

/// What a layer is called that the pattern only names a part of, or names as other models do.
std::string advice_by_parts(const spec::LoraModule& module, const std::string& pattern) {
  std::vector<std::string> parts;
  for (const auto& piece : module.weight.pieces) {
    parts.push_back(spec::last_name(spec::without_weight(piece.ours)));
  }
  const bool is_full = pattern.find('.') != std::string::npos;
  const auto name = is_full ? module.name : spec::last_name(module.name);
  return parts.size() == 1
             ? fmt::format("; this model calls it '{}'", name)
             : fmt::format(": it is a part of '{}' ({} in one), which has one adapter; name '{}'",
                           spec::last_name(module.name), join(parts, ", "), name);
}

std::string advice(std::span<const spec::LoraModule> modules, const std::string& pattern) {
  if (role_named(pattern)) {
    const auto roles = distinct(modules, [](const auto& m) { return to_string(m.role); });
    return fmt::format(" (it is a role; the model has {})", join(roles, ", "));
  }
  for (const auto& module : modules) {
    if (std::ranges::any_of(module.weight.pieces, [&](const spec::Piece& piece) {
          return matches_name(spec::without_weight(piece.ours), pattern);
        })) {
      return advice_by_parts(module, pattern);
    }
  }
  if (pattern == "lm_head") {
    return ": a head that is tied to the embedding has no adapter";
  }
  if (std::ranges::find(kEmbeddings, spec::last_name(pattern)) != kEmbeddings.end()) {
    return ": an embedding has no adapter here; leave it out, or train the whole model (without "
           "the section peft)";
  }
  if (pattern == "all-linear" || pattern == "all") {
    return "; match_all_linear: true adapts every linear layer, an untied head included";
  }
  if (pattern.starts_with('[')) {
    return R"(; on the command line a list has its texts in quotes: "['q_proj', 'v_proj']")";
  }
  if (pattern.find_first_of(",|()\\[]^$") != std::string::npos) {
    return "; a pattern is a name in which '*' is any text, and several are a list: [q_proj, "
           "v_proj]";
  }
  const bool is_full = pattern.find('.') != std::string::npos;
  auto names =
      distinct(modules, [&](const auto& m) { return is_full ? m.name : spec::last_name(m.name); });
  const auto near = did_you_mean(pattern, names);
  names.resize(std::min(names.size(), kMaxNamed));
  return near.empty() ? "; it has " + join(names, ", ") : near;
}

std::vector<std::string> target_patterns(const config::Peft& peft) {
  if (!peft.target_modules.empty() || peft.match_all_linear || !peft.exclude_modules.empty()) {
    return peft.target_modules;
  }
  return {"*_proj"};
}

}  // namespace

std::vector<std::string> lora_targets(std::span<const spec::LoraModule> modules,
                                      const config::Peft& peft) {
  const auto targets = target_patterns(peft);
  for (const auto& pattern : targets) {
    check(!matches_nothing(modules, pattern), ErrorKind::invalid_argument,
          "peft.target_modules: '{}' matches no linear layer of the model{}", pattern,
          advice(modules, pattern));
  }
  std::vector<std::string> out;
  for (const auto& module : modules) {
    if (targets.empty() ? !matches_any(module, peft.exclude_modules)
                        : matches_any(module, targets)) {
      out.push_back(module.name);
    }
  }
  check(!out.empty(), ErrorKind::invalid_argument,
        "peft.exclude_modules excludes every linear layer: there is nothing to train");
  return out;
}

std::vector<std::string> idle_excludes(std::span<const spec::LoraModule> modules,
                                       const config::Peft& peft) {
  std::vector<std::string> out;
  std::ranges::copy_if(peft.exclude_modules, std::back_inserter(out),
                       [&](const auto& pattern) { return matches_nothing(modules, pattern); });
  return out;
}

}  // namespace automodel::plan
