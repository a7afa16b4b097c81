#pragma once
// Chat templates that know no system's turn, such as Gemma's.

#include "base/json.h"
#include "text/chat_template.h"

namespace automodel::data {

/// The messages as the template writes them. Where it refuses a system's turn by Gemma's words,
/// "System role not supported", that turn's text and a newline begin the first question instead, as
/// upstream's tokenizers have it. Throws as ChatTemplate::render.
text::Rendered render_messages(const text::ChatTemplate& chat_template, const Json& messages,
                               const text::RenderOptions& options,
                               const text::SpecialTokens& tokens);

}  // namespace automodel::data
