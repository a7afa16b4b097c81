#pragma once
// Checks of tokenizer and chat template, before any row is looked at.

#include <optional>
#include <string>
#include <vector>

#include "data/checks.h"
#include "data/text_context.h"

namespace automodel::data {

/// A check that a data set fails as a whole, with what was found.
struct FailedTextCheck {
  Check check = Check::template_differs;
  std::string found;
  bool operator==(const FailedTextCheck&) const = default;
};

/// Checks of `used`, what the data is encoded by. `model`: the model's own tokenizer and templates,
/// null if it has none or they are those used.
std::vector<FailedTextCheck> failed_text_checks(const TextContext& used, const TextContext* model,
                                                const CheckLimits& limits);

/// `context` that lets rows through which only the checks of these names would stop.
TextContext without_checks(TextContext context, const std::vector<std::string>& disabled);

/// Where the rendering of a few fixed conversations by `used` differs from that by `model`, as a
/// text that shows both; nothing if none does, or if one of them has no chat template.
std::optional<std::string> template_difference(const TextContext& used, const TextContext& model);

}  // namespace automodel::data
