#include "data/chat_format.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "data/answer_end.h"
#include "data/system_turn.h"
#include "data/tokenize.h"
#include "data/tool_calls.h"
#include "data/turns.h"

namespace automodel::data {
namespace {

text::RenderOptions render_options(const TextContext& context, const Json& tools) {
  text::RenderOptions options;
  options.tools = tools;
  options.extra = context.template_variables;
  options.now = kTemplateTime;
  return options;
}

/// What the row says beats what the context says.
text::RenderOptions render_options(const TextContext& context, const Conversation& conversation) {
  text::RenderOptions options = render_options(context, conversation.tools);
  options.documents = conversation.documents;
  options.extra.update(conversation.template_variables);
  return options;
}

constexpr const char* kProbed = R"({"probed": "yes"})";

/// A call of example_tool() whose arguments, in this form, are kProbed.
Json probed_call(ArgumentForm form) {
  return example_call(form == ArgumentForm::text ? Json(kProbed) : Json::parse(kProbed));
}

constexpr const char* kMark = "Probed.";

/// Where data sets put tools into messages.
constexpr std::array<const char*, 2> kToolKeys = {"tools", "functions"};

/// A short conversation in which a message of this role, or an answer's reasoning under this key,
/// says kMark. The assistant says it beside a call.
Json conversation_with(const std::string& part, ArgumentForm form) {
  const Json question = {{"role", "user"}, {"content", "Look."}};
  const Json answer = {{"role", "assistant"}, {"content", "Fine."}};
  if (part == "tool") {
    const Json call = probed_call(form);
    return Json::array({question,
                        {{"role", "assistant"}, {"content", ""}, {"tool_calls", {call}}},
                        {{"role", "tool"}, {"content", kMark}, {"tool_call_id", call["id"]}},
                        answer});
  }
  if (part == "assistant") {
    return Json::array(
        {question,
         {{"role", part}, {"content", kMark}, {"tool_calls", Json::array({probed_call(form)})}}});
  }
  if (part == "system" || part == "developer") {
    return Json::array({{{"role", part}, {"content", kMark}}, question, answer});
  }
  Json thought = answer;
  thought[part] = kMark;
  return Json::array({question, thought});
}

/// False also if the template refuses the conversation, with tools or without.
bool is_hidden(const text::ChatTemplate& chat_template, const TextContext& context,
               const Json& messages) {
  for (const Json& tools : {Json(), Json::array({example_tool()})}) {
    try {
      const auto text =
          chat_template.render(messages, render_options(context, tools), context.special_tokens);
      if (text.text.find(kMark) != std::string::npos) {
        return false;
      }
    } catch (const Error&) {
      return false;
    }
  }
  return true;
}

/// Whether tools under this key of a message, as a list or as text, are not written.
bool are_tools_hidden(const text::ChatTemplate& chat_template, const TextContext& context,
                      const char* key) {
  Json tools = Json::array({example_tool()});
  tools[0]["function"]["description"] = kMark;
  Json messages = conversation_with("system", ArgumentForm::object);
  messages[0]["content"] = "Help.";
  return std::ranges::all_of(std::array{tools, Json(tools.dump())}, [&](const Json& value) {
    messages[0][key] = value;
    return is_hidden(chat_template, context, messages);
  });
}

std::vector<std::string> hidden_parts(const text::ChatTemplate& chat_template,
                                      const TextContext& context, ArgumentForm form) {
  std::vector<std::string> parts = {"system", "developer", "tool", "assistant"};
  parts.insert(parts.end(), kReasoningKeys.begin(), kReasoningKeys.end());
  std::erase_if(parts, [&](const std::string& part) {
    return !is_hidden(chat_template, context, conversation_with(part, form));
  });
  std::ranges::copy_if(kToolKeys, std::back_inserter(parts), [&](const char* key) {
    return are_tools_hidden(chat_template, context, key);
  });
  return parts;
}

bool calls_tools(const Json& message) {
  const auto found = message.find("tool_calls");
  return found != message.end() && !found->empty();
}

/// What an answer says beside its reasoning; the reasoning if that is all.
std::string_view without_thinking(std::string_view content) {
  constexpr std::string_view kOpen = "<think>", kClose = "</think>";
  const auto close = content.rfind(kClose);
  if (close == std::string_view::npos) {
    return trim(content);
  }
  const auto text = trim(content.substr(close + kClose.size()));
  const auto open = content.find(kOpen);
  const auto begin = open < close ? open + kOpen.size() : 0;
  return text.empty() ? trim(content.substr(begin, close - begin)) : text;
}

std::string_view said_beside_calls(const Json& message) {
  return calls_tools(message) ? without_thinking(message["content"].get_ref<const std::string&>())
                              : std::string_view();
}

/// What the message says as its role (an assistant: beside calls), or as reasoning under its key.
std::string_view said_as(const std::string& part, const Json& message) {
  if (part == "assistant") {
    return said_beside_calls(message);
  }
  const bool is_role = message["role"] == part;
  const auto found = message.find(is_role ? "content" : part);
  const bool says = (is_role || std::ranges::find(kReasoningKeys, part) != kReasoningKeys.end()) &&
                    found != message.end() && found->is_string();
  return says ? trim(found->get_ref<const std::string&>()) : std::string_view();
}

/// A question and its answer, which says `content` and calls a tool with arguments in this form;
/// nothing if the template refuses them.
std::optional<std::string> probe(const text::ChatTemplate& chat_template,
                                 const TextContext& context, std::optional<ArgumentForm> call,
                                 const char* content = "") {
  Json answer = {{"role", "assistant"}, {"content", content}};
  if (call) {
    answer["tool_calls"] = Json::array({probed_call(*call)});
  }
  const Json messages = Json::array({{{"role", "user"}, {"content", "Look."}}, answer});
  try {
    const auto options = render_options(context, Json::array({example_tool()}));
    return chat_template.render(messages, options, context.special_tokens).text;
  } catch (const Error&) {
    return std::nullopt;
  }
}

bool writes_arguments(const std::optional<std::string>& text) {
  return text && text->find(kProbed) != std::string::npos;
}

/// Arguments in a syntax of the template's own; not as Python shows a mapping.
bool spells_arguments(const std::optional<std::string>& text) {
  const auto has = [&](std::string_view part) { return text->find(part) != std::string::npos; };
  return text && has("probed") && has("yes") && !has("'probed'");
}

/// Whether an answer with this text shows that it calls a tool. True also if the template refuses
/// it.
bool writes_calls(const text::ChatTemplate& chat_template, const TextContext& context,
                  ArgumentForm form, const char* content) {
  const auto calls = probe(chat_template, context, form, content);
  return !calls || calls != probe(chat_template, context, std::nullopt, content);
}

/// What ends the answer to a question where only the next message, a tool's behind a call, has it.
std::string end_in_next(const text::ChatTemplate& chat_template, const TextContext& context,
                        std::optional<ArgumentForm> call) {
  Json answer = {{"role", "assistant"}, {"content", call ? "" : kMark}};
  Json next = {{"role", call ? "tool" : "user"}, {"content", "More."}};
  if (call) {
    answer["tool_calls"] = Json::array({probed_call(*call)});
    next["tool_call_id"] = answer["tool_calls"][0]["id"];
  }
  Json messages = Json::array({{{"role", "user"}, {"content", "Look."}}, answer});
  const auto render = [&] {
    const auto options = render_options(context, call ? Json::array({example_tool()}) : Json());
    return chat_template.render(messages, options, context.special_tokens).text;
  };
  try {
    const std::string answered = render();
    const bool has_end = !call && !trim(answered).ends_with(kMark);
    messages.push_back(next);
    return has_end ? "" : next_begin(answered, render(), context);
  } catch (const Error&) {
    return "";
  }
}

/// Ends an answer that has no end of its own as the next message would, within its block.
void end_answer(text::Rendered& rendered, const Json& messages, const TemplateTraits& traits) {
  if (messages.empty() || messages.back()["role"] != "assistant") {
    return;
  }
  auto& blocks = rendered.generation_spans;
  const bool is_block = !blocks.empty() && blocks.back().end == rendered.text.size();
  rendered.text += calls_tools(messages.back()) ? traits.ends_calls : traits.ends_answers;
  if (is_block) {
    blocks.back().end = rendered.text.size();
  }
}

/// Tools inside of messages, where the template does not look for them, become the conversation's.
void take_message_tools(Conversation& conversation, const TemplateTraits& traits) {
  for (const char* key : kToolKeys) {
    if (std::ranges::find(traits.hides, key) == traits.hides.end()) {
      continue;
    }
    for (Json& message : conversation.messages) {
      if (message.contains(key)) {
        const auto where =
            fmt::format("'{}' of a {} message", key, message["role"].get_ref<const std::string&>());
        conversation.tools = one_of_tools(conversation.tools, message[key], where);
        message.erase(key);
      }
    }
  }
}

Conversation read_for(const TemplateTraits& traits, const Json& row) {
  Conversation conversation = read_conversation(row, traits.arguments);
  take_message_tools(conversation, traits);
  return conversation;
}

/// Whether a text somewhere in the value, or a key, holds a special token.
bool holds_special_tokens(const Json& value, const TextContext& context) {
  if (value.is_string()) {
    return context.tokenizer.has_special(value.get_ref<const std::string&>());
  }
  if (!value.is_structured()) {
    return false;
  }
  const auto items = value.items();
  return std::any_of(items.begin(), items.end(), [&](const auto& item) {
    return (value.is_object() && context.tokenizer.has_special(item.key())) ||
           holds_special_tokens(item.value(), context);
  });
}

/// What templates print: all of the messages (reasoning and calls of tools too), tools, documents.
bool shows_special_tokens(const Conversation& conversation, const TextContext& context) {
  return holds_special_tokens(conversation.messages, context) ||
         holds_special_tokens(conversation.tools, context) ||
         holds_special_tokens(conversation.documents, context);
}

}  // namespace

TemplateTraits traits_of(const text::ChatTemplate& chat_template, const TextContext& context) {
  const auto of_object = probe(chat_template, context, ArgumentForm::object);
  const auto of_text = probe(chat_template, context, ArgumentForm::text);
  const bool takes_object = writes_arguments(of_object) || spells_arguments(of_object);
  const bool as_text = !takes_object && writes_arguments(of_text);
  const ArgumentForm form = as_text ? ArgumentForm::text : ArgumentForm::object;
  const std::string ends_answers = end_in_next(chat_template, context, std::nullopt);
  return {.arguments = form,
          .writes_tools = chat_template.uses("tools"),
          .writes_calls = writes_calls(chat_template, context, form, ""),
          .writes_calls_beside_text = writes_calls(chat_template, context, form, kMark),
          .writes_documents = chat_template.uses("documents"),
          .hides = hidden_parts(chat_template, context, form),
          .ends_calls = ends_answers.empty() ? "" : end_in_next(chat_template, context, form),
          .ends_answers = ends_answers};
}

ChatFormat::ChatFormat(std::shared_ptr<const TextContext> context, MaskOptions mask)
    : context_(std::move(context)),
      mask_(std::move(mask)),
      with_tools_(traits_of(require_template(*context_, /*has_tools=*/true), *context_)),
      without_tools_(traits_of(require_template(*context_, /*has_tools=*/false), *context_)) {
  mask_.allows_untrained = context_->allows_untrained;
}

Conversation ChatFormat::read(const Json& row) const {
  Conversation conversation = read_for(without_tools_, row);
  if (!conversation.tools.is_null() && with_tools_ != without_tools_) {
    conversation = read_for(with_tools_, row);
  }
  return conversation;
}

const TemplateTraits& ChatFormat::traits(bool has_tools) const {
  return has_tools ? with_tools_ : without_tools_;
}

/// What the template hides of short conversations may show in this one, by its own variables.
bool ChatFormat::is_all_shown(const Conversation& conversation,
                              const std::vector<MarkedText>& texts) const {
  const auto& shown = traits(!conversation.tools.is_null());
  for (const std::string& part : shown.hides) {
    for (const Json& message : conversation.messages) {
      const auto said = said_as(part, message);
      if (std::ranges::none_of(texts, [&](const MarkedText& text) {
            return text.text.find(said) != std::string::npos;
          })) {
        return false;
      }
    }
  }
  return (shown.writes_tools || conversation.tools.empty()) &&
         (shown.writes_documents || conversation.documents.empty()) &&
         (shown.writes_calls || std::ranges::none_of(conversation.messages, calls_tools)) &&
         (shown.writes_calls_beside_text ||
          std::ranges::all_of(conversation.messages, [](const Json& message) {
            return said_beside_calls(message).empty();
          }));
}

std::vector<MarkedText> ChatFormat::mark(const Conversation& conversation) const {
  const bool has_tools = !conversation.tools.is_null();
  const auto& chat_template = require_template(*context_, has_tools);
  auto options = render_options(*context_, conversation);
  const Render render = [&](const Json& messages, bool add_generation_prompt) {
    options.add_generation_prompt = add_generation_prompt;
    try {
      auto rendered = render_messages(chat_template, messages, options, context_->special_tokens);
      if (!add_generation_prompt) {
        end_answer(rendered, messages, traits(has_tools));
      }
      return rendered;
    } catch (const Error& error) {
      fail(error.kind(), "the chat template refuses {} of the conversation: {}",
           messages.size() == conversation.messages.size()
               ? std::string("the whole")
               : fmt::format("the first {} messages", messages.size()),
           error.message());
    }
  };
  std::vector<MarkedText> texts = mark(conversation, render);
  if (context_->finds_roles) {
    for (MarkedText& text : texts) {
      text.turns = find_turns(conversation.messages, text.text, render);
    }
  }
  return texts;
}

std::vector<MarkedText> ChatFormat::mark(const Conversation& conversation,
                                         const Render& render) const {
  if (mask_.train_all) {
    std::string text = render(conversation.messages, false).text;
    const std::size_t end = text.size();
    return {{.text = std::move(text), .answers = {{0, end, false}}, .holes = {}}};
  }
  const MarkRequest request{
      .messages = conversation.messages,
      .wanted = wanted_messages(conversation.messages, conversation.learnable, mask_),
      .mask_reasoning_content = mask_.mask_reasoning_content,
      .eos_token = context_->special_tokens.eos_token.value_or("")};
  return mark_messages(request, render);
}

TokenizedSample ChatFormat::tokenize(const Conversation& conversation) const {
  const auto texts = mark(conversation);
  TokenizedSample sample = data::tokenize(texts, context_->tokenizer);
  sample.notes.all_learnt = trains_prompts(mask_);
  sample.notes.special_in_content = shows_special_tokens(conversation, *context_);
  sample.notes.not_shown = !is_all_shown(conversation, texts);
  return sample;
}

}  // namespace automodel::data
