#pragma once
// What is added around the tokens of a text, and what offsets leave out.

#include <cstdint>
#include <optional>
#include <vector>

#include "text/tokenizer/json_node.h"

namespace automodel::text {

/// The "post_processor" of a tokenizer.json.
struct PostProcessor {
  /// One part of the result: a text's tokens, or a special token.
  struct Part {
    std::int32_t token = -1;  // -1: a text
    std::size_t text = 0;     // which of two
    bool is_text() const { return token < 0; }
    bool operator==(const Part&) const = default;
  };
  using Parts = std::vector<Part>;
  /// For add_special_tokens; the text alone without it.
  Parts parts = {{.text = 0}};
  /// Of two texts as one; none: several steps add tokens, and what that means is not known here.
  std::optional<Parts> pair = Parts{{.text = 0}, {.text = 1}};
  /// Offsets do not cover the spaces at a token's ends ...
  bool trims_offsets = false;
  /// ... but for a space that was put before the text's first word.
  bool keeps_first_space = false;
};

/// Throws Error(unsupported) for unknown types, Error(corrupt_data) for wrong members.
PostProcessor make_post_processor(const JsonNode& node);

}  // namespace automodel::text
