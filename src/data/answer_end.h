#pragma once
// The token by which a chat template ends an answer.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "data/text_context.h"

namespace automodel::data {

/// The added token behind the last answer of a plain conversation, e.g. that of <|im_end|>; blanks
/// may follow it. None where the template writes another end, refuses such a conversation or is
/// not there.
std::optional<std::int32_t> answer_end(const TextContext& context);

/// The text of the token at which the model stops and by which the next message begins, where an
/// answer has no end of its own: of GLM's templates "<|user|>". `answered` is a conversation that
/// ends in an answer, `continued` the same with one more message. Else empty.
std::string next_begin(std::string_view answered, std::string_view continued,
                       const TextContext& context);

}  // namespace automodel::data
