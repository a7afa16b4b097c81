#pragma once
// Which part of a rendered conversation is whose: to tell how much of each role is learnt.

#include <string>
#include <vector>

#include "data/mask.h"

namespace automodel::data {

/// The turns of `text`, a rendering of `messages` or of the first of them. Turn k ends where
/// render(messages[:k + 1]) does. Where the template shows a turn otherwise once the conversation
/// has gone on, it ends behind the message's content. Markup before the first message that shows
/// is that message's.
std::vector<Turn> find_turns(const Json& messages, const std::string& text, const Render& render);

}  // namespace automodel::data
