#include "text/chat_messages.h"

#include <array>
#include <utility>

#include "base/error.h"
#include "text/jinja/scan.h"

namespace automodel::text {
namespace {

constexpr std::string_view kMark = "CONTINUE_FINAL_MESSAGE_TAG ";

Json without_nulls(const Json& message) {
  Json out = Json::object();
  for (const auto& [key, value] : message.items()) {
    if (!value.is_null()) {
      out[key] = value;
    }
  }
  return out;
}

const Json* reasoning_of(const Json& message) {
  for (const char* name : kReasoningKeys) {
    if (const auto at = message.find(name); at != message.end()) {
      return &*at;
    }
  }
  return nullptr;
}

Json named(const Json& message, const Json& reasoning) {
  Json out = {{"thinking", reasoning}};
  for (const auto& [key, value] : message.items()) {
    out[key] = value;
  }
  out["reasoning_content"] = reasoning;
  return out;
}

std::string_view strip(std::string_view text) {
  text.remove_prefix(jinja::count_spaces(text));
  return jinja::trim_right(text);
}

// The text that a continued message ends with.
Json& final_text(Json& content) {
  if (content.is_array()) {
    for (auto block = content.rbegin(); block != content.rend(); ++block) {
      if (block->is_object() && block->contains("text")) {
        return (*block)["text"];
      }
    }
    fail(ErrorKind::invalid_argument,
         "continue_final_message is set but we could not find any text to continue in the final "
         "message!");
  }
  return content;
}

}  // namespace

Json normal_messages(const Json& messages) {
  check(messages.is_array(), ErrorKind::invalid_argument,
        "the messages of a chat must be a JSON array, found {}", messages.type_name());
  Json out = Json::array();
  for (std::size_t i = 0; i < messages.size(); ++i) {
    check(messages[i].is_object(), ErrorKind::invalid_argument,
          "message {} of the chat must be a JSON object, found {}", i + 1, messages[i].type_name());
    Json message = without_nulls(messages[i]);
    const Json* reasoning = reasoning_of(message);
    out.push_back(reasoning != nullptr ? named(message, *reasoning) : std::move(message));
  }
  return out;
}

MarkedMessages mark_final_message(Json messages, std::string_view template_source) {
  check(!messages.empty(), ErrorKind::invalid_argument,
        "continue_final_message is set but the conversation is empty!");
  Json& message = messages.back();
  check(message.contains("content") && !message["content"].is_null(), ErrorKind::invalid_argument,
        "continue_final_message is set but the final message has no \"content\" to continue!");
  check(template_source.find("content") != std::string_view::npos, ErrorKind::invalid_argument,
        "continue_final_message is set to \"content\" but this is not an accepted field in the "
        "chat_template");
  Json& text = final_text(message["content"]);
  check(text.is_string(), ErrorKind::invalid_argument,
        "continue_final_message needs a text to continue, found {}", text.type_name());
  std::string original = text.get<std::string>();
  text = original + std::string(kMark);
  return {std::move(messages), std::move(original)};
}

std::string cut_at_mark(std::string rendered, std::string_view final_text) {
  const auto at = rendered.rfind(strip(kMark));
  check(at != std::string::npos && rendered.find(strip(final_text)) != std::string::npos,
        ErrorKind::invalid_argument,
        "continue_final_message is set but the final message does not appear in the chat after "
        "applying the chat template! This can happen if the chat template deletes portions of the "
        "final message. Please verify the chat template and final message in your chat to ensure "
        "they are compatible.Final message to continue: {}\nRendered chat:\n{}",
        strip(final_text), rendered);
  const bool spacing_kept = rendered.compare(at, kMark.size(), kMark) == 0;
  rendered.resize(at);
  return spacing_kept ? rendered : std::string(jinja::trim_right(rendered));
}

}  // namespace automodel::text
