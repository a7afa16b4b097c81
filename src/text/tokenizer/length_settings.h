#pragma once
// The "truncation" and "padding" of a tokenizer.json.

#include <cstdint>
#include <optional>

#include "text/tokenizer.h"
#include "text/tokenizer/json_node.h"

namespace automodel::text {

enum class TextEnd { left, right };

/// How a text's tokens are cut. Of what `stride` lets overlap, only the first part is kept here.
struct Truncation {
  std::size_t max_length = 0;  // special tokens that are added count
  std::size_t stride = 0;
  TextEnd direction = TextEnd::right;  // where tokens are dropped
};

struct Padding {
  std::optional<std::size_t> length;  // none: that of the longest text of a batch
  std::size_t multiple_of = 1;
  TextEnd direction = TextEnd::right;
  std::int32_t token = 0;
};

struct LengthSettings {
  std::optional<Truncation> truncation;
  std::optional<Padding> padding;
};

/// Reads both members of a tokenizer.json. Throws Error(corrupt_data) for other shapes,
/// Error(unsupported) for the strategy OnlySecond, which is about pairs of texts.
LengthSettings read_length_settings(const JsonNode& node);

/// Cuts tokens to which `num_added` special ones are still to come.
/// Throws Error(invalid_argument) if max_length leaves no room for those, or not more than the
/// stride for the others.
void truncate(Encoding& encoding, const Truncation& truncation, std::size_t num_added);

/// The length to which texts are padded of which the longest has `longest` tokens.
std::size_t padded_length(const Padding& padding, std::size_t longest);
void pad(Encoding& encoding, const Padding& padding, std::size_t length);

}  // namespace automodel::text
