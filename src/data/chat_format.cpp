#include "data/chat_format.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/text.h"
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

/// A short conversation in which a message of this role, or an answer's reasoning under this key,
/// says kMark.
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

std::vector<std::string> hidden_parts(const text::ChatTemplate& chat_template,
                                      const TextContext& context, ArgumentForm form) {
  std::vector<std::string> parts = {"system", "developer", "tool"};
  parts.insert(parts.end(), kReasoningKeys.begin(), kReasoningKeys.end());
  std::erase_if(parts, [&](const std::string& part) {
    return !is_hidden(chat_template, context, conversation_with(part, form));
  });
  return parts;
}

/// What the message says as its role, or as reasoning under its key.
std::string_view said_as(const std::string& part, const Json& message) {
  const bool is_role = message["role"] == part;
  const auto found = message.find(is_role ? "content" : part);
  const bool says = (is_role || std::ranges::find(kReasoningKeys, part) != kReasoningKeys.end()) &&
                    found != message.end() && found->is_string();
  return says ? trim(found->get_ref<const std::string&>()) : std::string_view();
}

/// A question and its answer, which calls a tool with arguments in this form; nothing if the
/// template refuses them.
std::optional<std::string> probe(const text::ChatTemplate& chat_template,
                                 const TextContext& context, std::optional<ArgumentForm> call) {
  Json answer = {{"role", "assistant"}, {"content", ""}};
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

bool calls_tools(const Json& message) {
  const auto found = message.find("tool_calls");
  return found != message.end() && !found->empty();
}

/// Whether a text somewhere in the value, or a key, holds a special token.
bool holds_special_tokens(const Json& value, const TextContext& context) {
  if (value.is_string()) {
    return !special_tokens_in(context, value.get_ref<const std::string&>()).empty();
  }
  if (!value.is_structured()) {
    return false;
  }
  const auto items = value.items();
  return std::any_of(items.begin(), items.end(), [&](const auto& item) {
    return (value.is_object() && holds_special_tokens(item.key(), context)) ||
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
  const auto& calls = as_text ? of_text : of_object;
  return {.arguments = as_text ? ArgumentForm::text : ArgumentForm::object,
          .writes_tools = chat_template.uses("tools"),
          .writes_calls = !calls || calls != probe(chat_template, context, std::nullopt),
          .writes_documents = chat_template.uses("documents"),
          .hides = hidden_parts(chat_template, context,
                                as_text ? ArgumentForm::text : ArgumentForm::object)};
}

ChatFormat::ChatFormat(std::shared_ptr<const TextContext> context, MaskOptions mask)
    : context_(std::move(context)),
      mask_(std::move(mask)),
      with_tools_(traits_of(require_template(*context_, true), *context_)),
      without_tools_(traits_of(require_template(*context_, false), *context_)) {
  mask_.allows_untrained = context_->allows_untrained;
}

Conversation ChatFormat::read(const Json& row) const {
  return read_conversation(row, traits(!row.value("tools", Json()).is_null()).arguments);
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
         (shown.writes_calls || std::ranges::none_of(conversation.messages, calls_tools));
}

std::vector<MarkedText> ChatFormat::mark(const Conversation& conversation) const {
  const auto& chat_template = require_template(*context_, !conversation.tools.is_null());
  auto options = render_options(*context_, conversation);
  const Render render = [&](const Json& messages, bool add_generation_prompt) {
    options.add_generation_prompt = add_generation_prompt;
    try {
      return chat_template.render(messages, options, context_->special_tokens);
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
