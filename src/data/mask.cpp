#include "data/mask.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/text.h"

namespace automodel::data {
namespace {

constexpr std::array<const char*, 3> kReasoningKeys = {"reasoning_content", "reasoning",
                                                       "thinking"};

Json first_messages(const Json& messages, std::size_t count) {
  Json out = Json::array();
  for (std::size_t i = 0; i < count; ++i) {
    out.push_back(messages[i]);
  }
  return out;
}

std::string role_of(const Json& message) { return message["role"].get<std::string>(); }

std::string quoted_end(std::string_view text) {
  constexpr std::size_t kShown = 60;
  const auto begin = text.size() - std::min(text.size(), kShown);
  return Json(text.substr(begin)).dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// The conversation when the model has just written message k.
struct View {
  std::size_t message;
  std::size_t prompt_bytes;
  std::string text;
};

View view_at(const Json& messages, std::size_t k, const Render& render) {
  const bool is_assistant = role_of(messages[k]) == "assistant";
  std::string prompt;
  if (k > 0 || is_assistant) {  // few templates can render an empty conversation
    prompt = render(first_messages(messages, k), is_assistant).text;
  }
  View view{k, prompt.size(), render(first_messages(messages, k + 1), false).text};
  check(view.text.starts_with(prompt), ErrorKind::unsupported,
        "what is learnt of message {} cannot be found: the chat template ends the prompt before it "
        "with {}, but does not begin the message so. Give a chat_template that marks answers by "
        "{{% generation %}} blocks",
        k, quoted_end(prompt));
  return view;
}

/// Where the answer of `view` ends in `text`, if text begins as the view does. Blank space at the
/// view's end may differ: templates put it between turns.
std::optional<std::size_t> answer_end(const std::string& text, const View& view) {
  if (text.starts_with(view.text)) {
    return view.text.size();
  }
  const std::string_view all = view.text;
  const std::size_t blank = trim(all.substr(view.prompt_bytes)).empty()
                                ? all.size() - view.prompt_bytes
                                : all.size() - (all.find_last_not_of(" \t\r\n") + 1);
  const std::string_view stripped = all.substr(0, all.size() - blank);
  if (blank > 0 && stripped.size() > view.prompt_bytes && text.starts_with(stripped)) {
    return stripped.size();
  }
  return std::nullopt;
}

std::size_t character_start(std::string_view text, std::size_t at) {
  while (at > 0 && at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U) {
    --at;
  }
  return at;
}

/// The part of `text` that `other` has not.
text::Span difference(std::string_view text, std::string_view other) {
  const std::size_t shorter = std::min(text.size(), other.size());
  const auto [mismatch, ignored] = std::mismatch(
      text.begin(), text.begin() + static_cast<std::ptrdiff_t>(shorter), other.begin());
  const auto begin = character_start(text, static_cast<std::size_t>(mismatch - text.begin()));
  std::size_t same = 0;
  while (same < shorter - begin && text[text.size() - 1 - same] == other[other.size() - 1 - same]) {
    ++same;
  }
  std::size_t end = text.size() - same;
  while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) {
    ++end;
  }
  return {begin, end};
}

/// Where the text of messages[0..count) shows the reasoning of message k: what goes away when the
/// reasoning does.
text::Span reasoning_span(const Json& messages, std::size_t count, std::size_t k,
                          const std::string& text, const Render& render) {
  Json without = first_messages(messages, count);
  for (const char* key : kReasoningKeys) {
    if (without[k].contains(key)) {
      without[k][key] = "";
    }
  }
  return difference(text, render(without, false).text);
}

bool has_reasoning(const Json& message) {
  return std::any_of(kReasoningKeys.begin(), kReasoningKeys.end(), [&](const char* key) {
    return message.contains(key) && message[key].is_string() && message[key] != "";
  });
}

void add_holes(MarkedText& marked, const Json& messages, std::size_t count,
               const std::vector<std::size_t>& learnt, const Render& render) {
  for (const std::size_t k : learnt) {
    if (!has_reasoning(messages[k])) {
      continue;
    }
    const auto span = reasoning_span(messages, count, k, marked.text, render);
    if (span.begin < span.end) {
      marked.holes.push_back(span);
    }
  }
}

std::vector<text::Span> merged(const std::vector<text::Span>& spans) {
  std::vector<text::Span> out;
  for (const text::Span& span : spans) {
    if (!out.empty() && out.back().end >= span.begin) {
      out.back().end = std::max(out.back().end, span.end);
    } else {
      out.push_back(span);
    }
  }
  return out;
}

/// Uses the template's own marks; nothing if it has none or they cannot be told apart.
std::optional<MarkedText> mark_by_blocks(const Json& messages, const std::vector<bool>& wanted,
                                         const text::Rendered& whole) {
  std::size_t num_assistants = 0;
  bool only_assistants = true;
  for (std::size_t k = 0; k < messages.size(); ++k) {
    const bool is_assistant = role_of(messages[k]) == "assistant";
    num_assistants += is_assistant ? 1 : 0;
    only_assistants = only_assistants && (is_assistant || !wanted[k]);
  }
  const auto spans = merged(whole.generation_spans);
  if (!only_assistants || spans.size() != num_assistants) {
    return std::nullopt;
  }
  MarkedText marked{.text = whole.text, .answers = {}, .holes = {}};
  for (std::size_t k = 0, next = 0; k < messages.size(); ++k) {
    if (role_of(messages[k]) != "assistant") {
      continue;
    }
    if (wanted[k]) {
      marked.answers.push_back({spans[next].begin, spans[next].end, false});
    }
    ++next;
  }
  return marked;
}

/// Marks in the first `count` messages' text every view that it shows unchanged, and takes those
/// out of `views`.
MarkedText mark_views(std::string text, std::vector<View>& views,
                      std::vector<std::size_t>& learnt) {
  MarkedText marked{.text = std::move(text), .answers = {}, .holes = {}};
  std::vector<View> left;
  for (View& view : views) {
    const auto end = answer_end(marked.text, view);
    if (end) {
      marked.answers.push_back({view.prompt_bytes, *end, true});
      learnt.push_back(view.message);
    } else {
      left.push_back(std::move(view));
    }
  }
  views = std::move(left);
  return marked;
}

std::vector<MarkedText> mark_by_prefixes(const Json& messages, const std::vector<bool>& wanted,
                                         bool mask_reasoning, std::string whole,
                                         const Render& render) {
  std::vector<View> views;
  for (std::size_t k = 0; k < messages.size(); ++k) {
    if (wanted[k]) {
      views.push_back(view_at(messages, k, render));
    }
  }
  std::vector<MarkedText> texts;
  std::size_t count = messages.size();
  while (!views.empty()) {
    std::vector<std::size_t> learnt;
    MarkedText marked = mark_views(std::move(whole), views, learnt);
    if (!learnt.empty()) {
      if (mask_reasoning) {
        add_holes(marked, messages, count, learnt, render);
      }
      texts.push_back(std::move(marked));
    }
    if (!views.empty()) {  // as the model saw the conversation at the last answer still missing
      whole = views.back().text;
      count = views.back().message + 1;
    }
  }
  std::reverse(texts.begin(), texts.end());
  return texts;
}

}  // namespace

std::vector<bool> wanted_messages(const Json& messages, const std::vector<bool>& learnable,
                                  const MaskOptions& options) {
  std::vector<bool> wanted(messages.size());
  bool any_role = false;
  bool any = false;
  for (std::size_t i = messages.size(); i-- > 0;) {
    const bool of_role = std::count(options.train_roles.begin(), options.train_roles.end(),
                                    role_of(messages[i])) > 0;
    any_role = any_role || of_role;
    wanted[i] = of_role && learnable[i] && !(any && options.mask_history);
    any = any || wanted[i];
  }
  check(any_role, ErrorKind::corrupt_data,
        "the conversation has no {} message: there is nothing to learn",
        join(options.train_roles, " or "));
  check(any, ErrorKind::corrupt_data,
        "no message is learnt: the row's weights switch all of them off");
  return wanted;
}

std::vector<MarkedText> mark_messages(const Json& messages, const std::vector<bool>& wanted,
                                      bool mask_reasoning_content, const Render& render) {
  text::Rendered whole = render(messages, false);
  if (whole.has_generation_blocks) {
    if (auto marked = mark_by_blocks(messages, wanted, whole)) {
      std::vector<std::size_t> learnt;
      for (std::size_t k = 0; k < messages.size(); ++k) {
        if (wanted[k]) {
          learnt.push_back(k);
        }
      }
      if (mask_reasoning_content) {
        add_holes(*marked, messages, messages.size(), learnt, render);
      }
      return {std::move(*marked)};
    }
  }
  return mark_by_prefixes(messages, wanted, mask_reasoning_content, std::move(whole.text), render);
}

}  // namespace automodel::data
