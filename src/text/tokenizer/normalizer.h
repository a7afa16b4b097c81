#pragma once
// Rewriting the text before it is cut: Unicode normal forms, case, replacements.

#include <functional>
#include <vector>

#include "text/tokenizer/aligned_text.h"
#include "text/tokenizer/json_node.h"
#include "text/tokenizer/regex.h"

namespace automodel::text {

using NormalizerStep = std::function<AlignedText(AlignedText, RegexScratch&)>;

/// The steps of the "normalizer" of a tokenizer.json, its sequences flattened; none for null.
/// Throws Error(unsupported) for unknown types, Error(corrupt_data) for wrong members.
std::vector<NormalizerStep> make_normalizer(const JsonNode& node);

/// `text` after all steps.
AlignedText normalize(const std::vector<NormalizerStep>& steps, AlignedText text,
                      RegexScratch& scratch);

}  // namespace automodel::text
