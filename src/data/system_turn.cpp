#include "data/system_turn.h"

#include <algorithm>
#include <string>

#include "base/error.h"

namespace automodel::data {
namespace {

constexpr const char* kRefusal = "System role not supported";

bool is_of(const Json& message, const char* role) { return message.value("role", "") == role; }

bool has_text(const Json& message) {
  return message.contains("content") && message["content"].is_string();
}

Json with_system_in_question(Json messages) {
  const auto system =
      std::ranges::find_if(messages, [](const Json& m) { return is_of(m, "system"); });
  const auto text = (*system)["content"].get<std::string>();
  messages.erase(system);
  const auto question =
      std::ranges::find_if(messages, [](const Json& m) { return is_of(m, "user"); });
  if (question == messages.end()) {
    messages.insert(messages.begin(), Json{{"role", "user"}, {"content", text}});
  } else {
    (*question)["content"] = text + "\n" + (*question)["content"].get<std::string>();
  }
  return messages;
}

}  // namespace

text::Rendered render_messages(const text::ChatTemplate& chat_template, const Json& messages,
                               const text::RenderOptions& options,
                               const text::SpecialTokens& tokens) {
  try {
    return chat_template.render(messages, options, tokens);
  } catch (const Error& error) {
    const auto num_systems =
        std::ranges::count_if(messages, [](const Json& m) { return is_of(m, "system"); });
    const bool all_texts = std::ranges::all_of(messages, has_text);
    if (num_systems != 1 || !all_texts || error.message().find(kRefusal) == std::string::npos) {
      throw;
    }
  }
  return chat_template.render(with_system_in_question(messages), options, tokens);
}

}  // namespace automodel::data
