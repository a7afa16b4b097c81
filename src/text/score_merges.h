#pragma once
// Merge rules for vocabularies that have none: sentencepiece keeps only its tokens and their
// scores.

#include <span>
#include <string>
#include <utility>
#include <vector>

namespace automodel::text {

/// For each token every pair of tokens that makes it; the best token first, of its pairs the one
/// with the longer left part. scores: one per token, larger is better. Source: generate_merges of
/// transformers tokenization_utils_base.
std::vector<std::pair<std::string, std::string>> merges_from_scores(
    std::span<const std::string> tokens, std::span<const double> scores);

}  // namespace automodel::text
