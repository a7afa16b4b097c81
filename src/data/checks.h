#pragma once
// What can be wrong with tokenized data, by name. Each check can be switched off.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/sample.h"
#include "data/text_context.h"

namespace automodel::data {

enum class Check {
  no_trained_tokens,
  prompt_trained,
  missing_eos,
  masked_eos,
  double_eos,
  missing_bos,
  double_bos,
  outside_vocabulary,
  too_long,
  special_in_content,
  merged_boundary,
  empty_answer,
  not_shown,
  truncated,
  not_truncated,
  template_differs,
  vocabulary_too_large,
  template_eos,
  class_differs,
  mistral_regex,
  template_unused,
};

struct CheckInfo {
  Check check;
  /// The name that switches it off.
  std::string_view name;
  /// Stops a run, or is only told.
  bool is_error;
  /// Completes "N of M rows ..."; of a check of tokenizer and template (text_checks.h) what fails.
  std::string_view what;
  std::string_view advice;
};

/// All checks, in the order of the enumeration.
std::span<const CheckInfo> all_checks();

const CheckInfo& info_of(Check check);

/// What a model can take, for the checks.
struct CheckLimits {
  /// Rows of the embedding; 0: not checked.
  std::int64_t vocab_size = 0;
  /// Tokens of one document; 0: not checked.
  std::int64_t max_tokens = 0;
  /// Tokens that end an answer beside the tokenizer's eos_token: those of generation_config.json,
  /// and the one by which the chat template ends it.
  std::vector<std::int32_t> eos_ids;
};

/// The checks that the sample fails, in the order of the enumeration.
std::vector<Check> failed_checks(const TokenizedSample& sample, const TextContext& context,
                                 const CheckLimits& limits);

/// Throws Error(invalid_argument) with the nearest name unless each is the name of a check.
void check_names(std::span<const std::string> names);

}  // namespace automodel::data
