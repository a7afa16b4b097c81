#pragma once
// What is added around the tokens of a text, and what offsets leave out.

#include <cstdint>
#include <vector>

#include "text/tokenizer/json_node.h"

namespace automodel::text {

/// The "post_processor" of a tokenizer.json for single texts.
struct PostProcessor {
  /// One part of the result: the text's tokens, or a special token.
  struct Part {
    bool is_text;
    std::int32_t token = -1;
  };
  /// For add_special_tokens; the text alone without it.
  std::vector<Part> parts = std::vector<Part>(1, Part{true});
  /// Offsets do not cover the spaces at a token's ends ...
  bool trims_offsets = false;
  /// ... but for a space that was put before the text's first word.
  bool keeps_first_space = false;
};

/// Throws Error(unsupported) for unknown types, Error(corrupt_data) for wrong members.
PostProcessor make_post_processor(const JsonNode& node);

}  // namespace automodel::text
