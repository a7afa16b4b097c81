#include "config/rules.h"

#include "config/rules/findings.h"

namespace automodel::config {

bool Findings::has(std::string_view path) const {
  const Node* node = find_path(tree_, path);
  return node != nullptr && !node->is_null();
}

bool Findings::is_given(std::string_view path) const {
  return has(path) && find_path(tree_, path)->origin.kind != OriginKind::fallback;
}

std::optional<std::int64_t> Findings::integer(std::string_view path) const {
  const Node* node = find_path(tree_, path);
  const bool ok = node != nullptr && node->value.is_number_integer();
  return ok ? std::optional(node->value.get<std::int64_t>()) : std::nullopt;
}

std::optional<double> Findings::number(std::string_view path) const {
  const Node* node = find_path(tree_, path);
  const bool ok = node != nullptr && node->value.is_number();
  return ok ? std::optional(node->value.get<double>()) : std::nullopt;
}

std::string Findings::text(std::string_view path) const {
  const Node* node = find_path(tree_, path);
  return node != nullptr && node->is_text() ? node->value.get<std::string>() : "";
}

bool Findings::is_true(std::string_view path) const {
  const Node* node = find_path(tree_, path);
  return node != nullptr && node->value.is_boolean() && node->value.get<bool>();
}

void Findings::problem(std::string_view path, std::string text) {
  findings_.problems.push_back({origin_of(path), std::string(path), std::move(text)});
}

void Findings::warning(std::string_view path, std::string text) {
  findings_.warnings.push_back({origin_of(path), std::string(path), std::move(text)});
}

Origin Findings::origin_of(std::string_view path) const {
  while (!path.empty()) {
    const Node* node = find_path(tree_, path);
    if (node != nullptr && node->origin.kind != OriginKind::fallback) {
      return node->origin;
    }
    const auto dot = path.rfind('.');
    path = dot == std::string_view::npos ? std::string_view() : path.substr(0, dot);
  }
  return {};
}

RuleFindings apply_rules(const Node& tree) {
  Findings findings(tree);
  check_section_rules(findings);
  check_parallel_rules(findings);
  check_training_rules(findings);
  return findings.take();
}

}  // namespace automodel::config
