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

}  // namespace

std::optional<std::int32_t> answer_end(const TextContext& context) {
  const auto* chat_template = find_template(context, /*has_tools=*/false);
  if (chat_template == nullptr) {
    return std::nullopt;
  }
  const auto& tokenizer = context.tokenizer;
  auto ids =
      tokenizer.encode(behind_answer(*chat_template, context), {.add_special_tokens = false}).ids;
  const auto is_added = [&](std::int32_t id) {
    return std::ranges::any_of(tokenizer.added_tokens(),
                               [&](const text::AddedToken& token) { return token.id == id; });
  };
  while (!ids.empty() && !is_added(ids.back()) &&
         trim(tokenizer.decode(std::vector{ids.back()}, false)).empty()) {
    ids.pop_back();
  }
  return ids.empty() || !is_added(ids.back()) ? std::nullopt : std::optional(ids.back());
}

}  // namespace automodel::data
