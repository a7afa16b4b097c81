#pragma once
// The token by which a chat template ends an answer.

#include <cstdint>
#include <optional>

#include "data/text_context.h"

namespace automodel::data {

/// The added token behind the last answer of a plain conversation, e.g. that of <|im_end|>; blanks
/// may follow it. None where the template writes another end, refuses such a conversation or is
/// not there.
std::optional<std::int32_t> answer_end(const TextContext& context);

}  // namespace automodel::data
