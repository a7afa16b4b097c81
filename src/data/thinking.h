#pragma once
// Reasoning inside of an answer's text: <think> ... </think>, as many data sets write it.

#include <optional>
#include <string_view>

#include "text/span.h"

namespace automodel::data {

/// What stands before </think> in a message's content, behind <think> where that is there; none if
/// that is blank.
std::optional<text::Span> thinking_in(std::string_view content);

/// What an answer says beside its reasoning; the reasoning if that is all. Without blanks around
/// it.
std::string_view without_thinking(std::string_view content);

/// The thinking without a word that `text` has at `begin`, where an answer begins: templates write
/// it where a message has no reasoning. What opens it may stand before. Empty if there is none.
text::Span empty_thinking(std::string_view text, std::size_t begin);

}  // namespace automodel::data
