#include "data/mask.h"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <iterator>
#include <optional>
#include <ranges>
#include <utility>

#include "base/error.h"
#include "base/json_text.h"
#include "base/text.h"
#include "data/messages.h"
#include "data/thinking.h"

namespace automodel::data {
namespace {

std::string role_of(const Json& message) { return message["role"].get<std::string>(); }

std::string_view without_trailing_blank(std::string_view text) {
  return text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
}

struct ViewEnd {
  std::size_t at;
  bool lacks_eos = false;  // by which the view ends it
};

/// Where the answer of `view` ends in `text`, if text begins as the view does. What templates print
/// at the end of a conversation only may be missing: blank space, or the EOS token.
std::optional<ViewEnd> answer_end(const std::string& text, const AnswerView& view,
                                  const std::string& eos_token) {
  std::string_view part = view.text;
  if (text.starts_with(part)) {
    return ViewEnd{part.size()};
  }
  const std::string_view stripped = without_trailing_blank(part);
  if (!eos_token.empty() && stripped.ends_with(eos_token)) {
    part = stripped.substr(0, stripped.size() - eos_token.size());
    if (part.size() > view.prompt_bytes && text.starts_with(part)) {
      return ViewEnd{part.size(), true};
    }
  }
  if (stripped.size() > view.prompt_bytes && text.starts_with(stripped)) {
    return ViewEnd{stripped.size()};
  }
  return std::nullopt;
}

bool is_in_tag(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return std::isalnum(byte) != 0 || byte >= 0x80 ||
         std::string_view("_-/|.=").find(c) != std::string_view::npos;
}

/// Bytes of the tag that `text` begins with, such as <think> or [TOOL_CALLS]; 0 if it begins with
/// none.
std::size_t tag_bytes(std::string_view text) {
  constexpr std::ptrdiff_t kLongest = 64;
  if (text.front() != '<' && text.front() != '[') {
    return 0;
  }
  const auto* const end = std::find_if_not(text.begin() + 1, text.end(), is_in_tag);
  const bool closes = end != text.end() && *end == (text.front() == '<' ? '>' : ']');
  const auto size = end - text.begin() + 1;
  return closes && size <= kLongest ? static_cast<std::size_t>(size) : 0;
}

/// Bytes of the character that `text` begins with.
std::size_t character_bytes(std::string_view text) {
  std::size_t size = 1;
  while (size < text.size() && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) {
    ++size;
  }
  return size;
}

/// The tag or character that `text` begins with: what is not cut. <think> and <tool_call> have no
/// beginning in common.
std::string_view first_unit(std::string_view text) {
  const std::size_t tag = text.empty() ? 0 : tag_bytes(text);
  return text.substr(0, tag > 0 ? tag : character_bytes(text));
}

std::vector<std::string_view> units_of(std::string_view text) {
  std::vector<std::string_view> units;
  for (; !text.empty(); text.remove_prefix(units.back().size())) {
    units.push_back(first_unit(text));
  }
  return units;
}

/// The part of `text` that `other` has not, in whole tags and characters.
text::Span difference(std::string_view text, std::string_view other) {
  std::size_t begin = 0;
  while (begin < std::min(text.size(), other.size())) {
    const std::string_view unit = first_unit(text.substr(begin));
    if (unit != first_unit(other.substr(begin))) {
      break;
    }
    begin += unit.size();
  }
  const auto units = units_of(text.substr(begin));
  const auto others = units_of(other.substr(begin));
  const auto same = std::mismatch(units.rbegin(), units.rend(), others.rbegin(), others.rend());
  std::size_t end = text.size();
  std::for_each(units.rbegin(), same.first, [&](std::string_view unit) { end -= unit.size(); });
  return {begin, end};
}

std::optional<text::Span> thinking_of(const Json& message) {
  return thinking_in(text_at(message, "content"));
}

Json without_reasoning(Json messages, std::size_t k) {
  for (const char* key : kReasoningKeys) {
    if (messages[k].contains(key)) {
      messages[k][key] = "";
    }
  }
  if (const auto thinking = thinking_of(messages[k])) {
    auto content = messages[k]["content"].get<std::string>();
    messages[k]["content"] = content.erase(thinking->begin, thinking->end - thinking->begin);
  }
  return messages;
}

bool has_reasoning(const Json& message) {
  const bool has_key =
      std::any_of(kReasoningKeys.begin(), kReasoningKeys.end(), [&](const char* key) {
        return message.contains(key) && message[key].is_string() && message[key] != "";
      });
  return has_key || thinking_of(message);
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

std::vector<std::size_t> indices_of(const std::vector<bool>& flags) {
  std::vector<std::size_t> out;
  for (std::size_t k = 0; k < flags.size(); ++k) {
    if (flags[k]) {
      out.push_back(k);
    }
  }
  return out;
}

/// Whether the template's marks are one of each assistant message: that many are in the text that
/// ends with each wanted one, and with the one before.
bool has_mark_each(const Json& messages, const std::vector<bool>& wanted,
                   const std::vector<std::size_t>& owners, const Render& render) {
  const auto has_marks = [&](std::size_t count) {
    const auto end = messages.begin() + static_cast<std::ptrdiff_t>(owners[count - 1]) + 1;
    try {
      return merged(render(Json(messages.begin(), end), false).generation_spans).size() == count;
    } catch (const Error&) {
      return false;  // the template does not take such a beginning
    }
  };
  for (std::size_t i = 0; i < owners.size(); ++i) {
    if (!wanted[owners[i]]) {
      continue;
    }
    const bool is_clear = has_marks(i + 1) && (i == 0 || has_marks(i));
    if (!is_clear) {
      return false;
    }
  }
  return true;
}

/// Uses the template's own marks; nothing if they do not say what is wanted: there are none, other
/// roles are wanted, or some answers only and it is not clear which mark is whose.
std::optional<MarkedText> mark_by_blocks(const Json& messages, const std::vector<bool>& wanted,
                                         const text::Rendered& whole, const Render& render) {
  std::vector<bool> assistants(messages.size());
  for (std::size_t k = 0; k < messages.size(); ++k) {
    assistants[k] = role_of(messages[k]) == "assistant";
    if (wanted[k] && !assistants[k]) {
      return std::nullopt;
    }
  }
  const auto spans = merged(whole.generation_spans);
  const auto owners = indices_of(assistants);
  const bool all = wanted == assistants;
  const bool is_clear =
      all || (spans.size() == owners.size() && has_mark_each(messages, wanted, owners, render));
  if (spans.empty() || !is_clear) {
    return std::nullopt;
  }
  MarkedText marked{.text = whole.text, .answers = {}, .holes = {}};
  for (std::size_t i = 0; i < spans.size(); ++i) {
    if (all || wanted[owners[i]]) {
      marked.answers.push_back({spans[i].begin, spans[i].end, false});
    }
  }
  return marked;
}

/// The text that other messages have in place of those that a text shows.
using TextOf = std::function<std::string(const Json& messages)>;

class Marker {
 public:
  Marker(const MarkRequest& request, const Render& render)
      : request_(request), messages_(request.messages), render_(render) {}

  std::vector<MarkedText> run() {
    text::Rendered whole = render_(messages_, false);
    if (whole.has_generation_blocks) {
      if (auto marked = mark_by_blocks(messages_, request_.wanted, whole, render_)) {
        add_holes(*marked, indices_of(request_.wanted), text_of_whole());
        return {std::move(*marked)};
      }
    }
    return mark_by_prefixes(std::move(whole.text));
  }

 private:
  TextOf text_of_whole() const {
    return [this](const Json& messages) { return render_(messages, false).text; };
  }

  TextOf text_of_view(const AnswerView& view) const {
    return [this, k = view.message, joined = view.is_joined](const Json& messages) {
      return joined ? view_at(messages, k, render_).text
                    : render_(first_messages(messages, k + 1), false).text;
    };
  }

  std::vector<MarkedText> mark_by_prefixes(std::string whole) {
    for (const std::size_t k : indices_of(request_.wanted)) {
      views_.push_back(view_at(messages_, k, render_));
    }
    std::vector<MarkedText> texts = {mark_views(std::move(whole), text_of_whole())};
    if (texts.back().answers.empty() && !views_.empty()) {
      texts.pop_back();
    }
    while (!views_.empty()) {  // as the model saw the conversation at the last answer still missing
      texts.push_back(mark_views(views_.back().text, text_of_view(views_.back())));
    }
    std::reverse(texts.begin(), texts.end());
    return texts;
  }

  /// Marks in `text` every answer that it shows as its view does. Those views are done. An answer
  /// that ends only at the end of a conversation waits for a text of its own, unless the model
  /// learns from an answer behind it how to end one.
  MarkedText mark_views(std::string text, const TextOf& text_of) {
    MarkedText marked{.text = std::move(text), .answers = {}, .holes = {}};
    std::vector<std::size_t> learnt;
    std::vector<AnswerView> left;
    bool learns_end = false;
    for (AnswerView& view : std::views::reverse(views_)) {
      const auto end = answer_end(marked.text, view, request_.eos_token);
      if (!end || (!learns_end && lacks_end(marked.text, view, *end))) {
        left.push_back(std::move(view));
        continue;
      }
      marked.answers.push_back({view.prompt_bytes, end->at, true});
      learnt.push_back(view.message);
      learns_end = learns_end || is_answer(view);
    }
    views_.assign(std::move_iterator(left.rbegin()), std::move_iterator(left.rend()));
    std::ranges::reverse(marked.answers);
    add_holes(marked, learnt, text_of);
    return marked;
  }

  bool is_answer(const AnswerView& view) const {
    return role_of(messages_[view.message]) == "assistant";
  }

  bool lacks_end(const std::string& text, const AnswerView& view, const ViewEnd& end) const {
    const auto shown = without_trailing_blank(std::string_view(text).substr(0, end.at));
    return end.lacks_eos && is_answer(view) && !request_.ends_in_special(shown);
  }

  void add_holes(MarkedText& marked, const std::vector<std::size_t>& learnt,
                 const TextOf& text_of) const {
    if (!request_.mask_reasoning_content) {
      return;
    }
    for (const std::size_t k : learnt) {
      if (has_reasoning(messages_[k])) {  // its place is what goes away with it
        marked.holes.push_back(difference(marked.text, text_of(without_reasoning(messages_, k))));
      }
    }
    for (const Answer& answer : marked.answers) {
      marked.holes.push_back(empty_thinking(marked.text, answer.begin));
    }
    std::erase_if(marked.holes, [](const text::Span& hole) { return hole.begin >= hole.end; });
    std::ranges::sort(marked.holes, {}, &text::Span::begin);
  }

  const MarkRequest& request_;
  const Json& messages_;
  const Render& render_;
  std::vector<AnswerView> views_;  // answers that no text shows yet
};

}  // namespace

std::vector<std::string> read_train_roles(Keys& keys) {
  static const std::vector<std::string> kRoles(  // of messages: those before `prompt`
      kRoleNames.begin(), kRoleNames.begin() + static_cast<std::ptrdiff_t>(Role::prompt));
  const Json value = keys.any("roles_to_train");
  if (value.is_null()) {
    return MaskOptions().train_roles;
  }
  check(value.is_array() && !value.empty(), ErrorKind::invalid_argument,
        "roles_to_train must be a list of roles ({}), found {}", join(kRoles, ", "), value.dump());
  std::vector<std::string> roles;
  for (const Json& item : value) {
    const std::string role = item.is_string() ? item.get<std::string>() : item.dump();
    check(std::count(kRoles.begin(), kRoles.end(), role) > 0, ErrorKind::invalid_argument,
          "roles_to_train: there is no role '{}'{}; roles are {}", role, did_you_mean(role, kRoles),
          join(kRoles, ", "));
    roles.push_back(role);
  }
  return roles;
}

bool trains_prompts(const MaskOptions& options) {
  return options.train_all || std::any_of(options.train_roles.begin(), options.train_roles.end(),
                                          [](const auto& role) { return role != "assistant"; });
}

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
  check(any_role || options.allows_untrained, ErrorKind::corrupt_data,
        "the conversation has no {} message: there is nothing to learn (the check "
        "'no_trained_tokens')",
        join(options.train_roles, " or "));
  check(any || options.allows_untrained, ErrorKind::corrupt_data,
        "no message is learnt: the row's weights switch all of them off (the check "
        "'no_trained_tokens')");
  return wanted;
}

std::vector<MarkedText> mark_messages(const MarkRequest& request, const Render& render) {
  return Marker(request, render).run();
}

}  // namespace automodel::data
