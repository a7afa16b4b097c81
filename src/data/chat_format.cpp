#include "data/chat_format.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
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

/// A question and its answer, which calls a tool with arguments in this form; nothing if the
/// template refuses them.
std::optional<std::string> probe(const text::ChatTemplate& chat_template,
                                 const TextContext& context, std::optional<ArgumentForm> call) {
  Json answer = {{"role", "assistant"}, {"content", ""}};
  if (call) {
    const Json arguments = *call == ArgumentForm::text ? Json(kProbed) : Json::parse(kProbed);
    answer["tool_calls"] = Json::array({example_call(arguments)});
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
  const bool as_text = !writes_arguments(of_object) && writes_arguments(of_text);
  const auto& calls = as_text ? of_text : of_object;
  return {.arguments = as_text ? ArgumentForm::text : ArgumentForm::object,
          .writes_tools = chat_template.uses("tools"),
          .writes_calls = !calls || calls != probe(chat_template, context, std::nullopt),
          .writes_documents = chat_template.uses("documents")};
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

bool ChatFormat::is_all_shown(const Conversation& conversation) const {
  const auto& shown = traits(!conversation.tools.is_null());
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
  TokenizedSample sample = data::tokenize(mark(conversation), context_->tokenizer);
  sample.notes.all_learnt = trains_prompts(mask_);
  sample.notes.special_in_content = shows_special_tokens(conversation, *context_);
  sample.notes.not_shown = !is_all_shown(conversation);
  return sample;
}

}  // namespace automodel::data
