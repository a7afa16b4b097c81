#pragma once
// What Transformers does to messages before a template sees them, and to the text after.

#include <array>
#include <string>
#include <string_view>

#include "base/json.h"

namespace automodel::text {

/// Keys of a message that data sets and templates have a model's reasoning under; where there are
/// several, the first counts.
inline constexpr auto kReasoningKeys =
    std::to_array<const char*>({"reasoning_content", "thinking", "reasoning"});

/// The messages without members that are null; one that has its reasoning as `reasoning_content`,
/// `thinking` or `reasoning` has it under the first two names. messages: array of objects; throws
/// Error(invalid_argument) otherwise. Source: transformers apply_chat_template and
/// render_jinja_template.
Json normal_messages(const Json& messages);

/// Messages whose last content ends with a mark.
struct MarkedMessages {
  Json messages;
  std::string final_text;  // the content without the mark
};

/// Throws Error(invalid_argument) if there is no content to continue, or the template does not read
/// contents.
MarkedMessages mark_final_message(Json messages, std::string_view template_source);
/// The rendered text up to the mark. Throws Error(invalid_argument) if the template dropped a part
/// of the message.
std::string cut_at_mark(std::string rendered, std::string_view final_text);

}  // namespace automodel::text
