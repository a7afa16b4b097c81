#pragma once
// What the rules (config/rules.h) see and say.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "config/rules.h"

namespace automodel::config {

/// Reads values of a checked tree by dotted path and collects complaints at those paths.
class Findings {
 public:
  explicit Findings(const Node& tree) : tree_(tree) {}

  const Node& tree() const { return tree_; }
  /// Present and not null.
  bool has(std::string_view path) const;
  /// Written by the user, not a default.
  bool is_given(std::string_view path) const;
  std::optional<std::int64_t> integer(std::string_view path) const;
  std::optional<double> number(std::string_view path) const;
  /// Empty if absent.
  std::string text(std::string_view path) const;
  /// False if absent.
  bool is_true(std::string_view path) const;

  void problem(std::string_view path, std::string text);
  void warning(std::string_view path, std::string text);
  RuleFindings take() { return std::move(findings_); }

 private:
  /// Where the path is, else the nearest mapping around it.
  Origin origin_of(std::string_view path) const;

  const Node& tree_;
  RuleFindings findings_;
};

/// Sizes of distributed and teacher_distributed, batch arithmetic, pipelines.
void check_parallel_rules(Findings& findings);
/// Optimizer, schedule, loss, adapters and quantisation.
void check_training_rules(Findings& findings);
/// Recipe kind, model, data sets and loaders.
void check_section_rules(Findings& findings);

}  // namespace automodel::config
