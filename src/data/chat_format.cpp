#include "data/chat_format.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "data/system_turn.h"
#include "data/tokenize.h"
#include "data/tool_calls.h"
#include "data/turns.h"

namespace automodel::data {
namespace {

/// What the row says beats what the context says.
text::RenderOptions options_of(const TextContext& context, const Conversation& conversation) {
  text::RenderOptions options = render_options(context, conversation.tools);
  options.documents = conversation.documents;
  options.extra.update(conversation.template_variables);
  return options;
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

Render ChatFormat::render_of(const Conversation& conversation) const {
  const bool has_tools = !conversation.tools.is_null();
  return [this, has_tools, num_messages = conversation.messages.size(),
          options = options_of(*context_, conversation)](const Json& messages,
                                                         bool add_generation_prompt) mutable {
    options.add_generation_prompt = add_generation_prompt;
    try {
      auto rendered = render_messages(require_template(*context_, has_tools), messages, options,
                                      context_->special_tokens);
      if (!add_generation_prompt) {
        end_answer(rendered, messages, traits(has_tools));
      }
      return rendered;
    } catch (const Error& error) {
      fail(error.kind(), "the chat template refuses {} of the conversation: {}",
           messages.size() == num_messages ? std::string("the whole")
                                           : fmt::format("the first {} messages", messages.size()),
           error.message());
    }
  };
}

std::vector<MarkedText> ChatFormat::mark(const Conversation& conversation) const {
  const Render render = render_of(conversation);
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
  const MarkRequest request{.messages = conversation.messages,
                            .wanted = wanted(conversation),
                            .mask_reasoning_content = mask_.mask_reasoning_content,
                            .eos_token = context_->special_tokens.eos_token.value_or(""),
                            .ends_in_special = [this](std::string_view text) {
                              return std::ranges::any_of(
                                  context_->tokenizer.added_tokens(), [&](const auto& token) {
                                    return token.special && text.ends_with(token.content);
                                  });
                            }};
  return mark_messages(request, render);
}

std::vector<bool> ChatFormat::wanted(const Conversation& conversation) const {
  const auto& messages = conversation.messages;
  return mask_.train_all ? std::vector<bool>(messages.size(), true)
                         : wanted_messages(messages, conversation.learnable, mask_);
}

bool ChatFormat::shows_all(const Conversation& conversation,
                           std::span<const MarkedText> texts) const {
  const auto mark_all = [this](const Conversation& other) {
    const Render render = render_of(other);
    auto all = mark(other, render);
    all.push_back({render(other.messages, false).text, {}, {}});
    return all;
  };
  return is_all_shown(conversation, wanted(conversation), texts,
                      traits(!conversation.tools.is_null()), mark_all);
}

TokenizedSample ChatFormat::tokenize(const Conversation& conversation) const {
  const auto texts = mark(conversation);
  TokenizedSample sample = data::tokenize(texts, context_->tokenizer);
  sample.notes.all_learnt = trains_prompts(mask_);
  sample.notes.special_in_content = shows_special_tokens(conversation, *context_);
  sample.notes.not_shown = !context_->allows_hidden && !shows_all(conversation, texts);
  return sample;
}

}  // namespace automodel::data
