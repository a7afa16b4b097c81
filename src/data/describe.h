#pragma once
// What the user sees of the data.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "data/sample.h"
#include "data/survey.h"
#include "text/tokenizer.h"

namespace automodel::data {

enum class MarkStyle {
  brackets,  // [learnt]
  colour,    // learnt text in green (ANSI), for terminals
  html,      // learnt text in <mark>, all else escaped
};

/// The sample as text with what is learnt marked; documents are separated by a line of dashes.
std::string show_sample(const TokenizedSample& sample, const text::Tokenizer& tokenizer,
                        MarkStyle style);

/// "12.5 %"; "0.0 %" of nothing.
std::string percent(std::int64_t part, std::int64_t whole);

struct LengthStats {
  std::int64_t count = 0, min = 0, median = 0, max = 0, total = 0;
  bool operator==(const LengthStats&) const = default;
};

/// All 0 if there are none. The median of an even count is the upper one of the middle two.
LengthStats length_stats(std::span<const std::int64_t> lengths);

/// Rows, lengths, share of tokens learnt, rows left out and failed checks, one line each.
std::vector<std::string> describe_survey(const Survey& survey);

}  // namespace automodel::data
