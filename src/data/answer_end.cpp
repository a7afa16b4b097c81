#include "data/answer_end.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/text.h"

namespace automodel::data {
namespace {

constexpr std::string_view kProbedAnswer = "Answered.";

/// What the template writes behind the answer.
std::string behind_answer(const text::ChatTemplate& chat_template, const TextContext& context) {
  const Json messages =
      Json::array({{{"role", "user"}, {"content", "Asked?"}},
                   {{"role", "assistant"}, {"content", std::string(kProbedAnswer)}}});
  text::RenderOptions options;
  options.extra = context.template_variables;
  options.now = kTemplateTime;
  try {
    const auto text = chat_template.render(messages, options, context.special_tokens).text;
    const auto at = text.rfind(kProbedAnswer);
    return at == std::string::npos ? "" : text.substr(at + kProbedAnswer.size());
  } catch (const Error&) {
    return "";
  }
}

bool is_added(std::int32_t id, const text::Tokenizer& tokenizer) {
  return std::ranges::any_of(tokenizer.added_tokens(),
                             [&](const text::AddedToken& token) { return token.id == id; });
}

/// Without the blanks behind the last added token.
std::vector<std::int32_t> ids_of(std::string_view text, const text::Tokenizer& tokenizer) {
  auto ids = tokenizer.encode(std::string(text), {.add_special_tokens = false}).ids;
  while (!ids.empty() && !is_added(ids.back(), tokenizer) &&
         trim(tokenizer.decode(std::vector{ids.back()}, false)).empty()) {
    ids.pop_back();
  }
  return ids;
}

}  // namespace

std::optional<std::int32_t> answer_end(const TextContext& context) {
  const auto* chat_template = find_template(context, /*has_tools=*/false);
  if (chat_template == nullptr) {
    return std::nullopt;
  }
  const auto& tokenizer = context.tokenizer;
  const auto ids = ids_of(behind_answer(*chat_template, context), tokenizer);
  return ids.empty() || !is_added(ids.back(), tokenizer) ? std::nullopt : std::optional(ids.back());
}

std::string next_begin(std::string_view answered, std::string_view continued,
                       const TextContext& context) {
  const auto& tokenizer = context.tokenizer;
  const auto stops = [&](std::int32_t id) { return is_eos(id, context, context.stop_ids); };
  const auto before = ids_of(answered, tokenizer);
  const bool has_end = !before.empty() && stops(before.back());
  if (has_end || !continued.starts_with(answered)) {
    return "";
  }
  const auto next = ids_of(continued.substr(answered.size()), tokenizer);
  const bool begins = !next.empty() && is_added(next.front(), tokenizer) && stops(next.front());
  return begins ? tokenizer.id_to_token(next.front()).value_or("") : "";
}

}  // namespace automodel::data
