#include "data/text_checks.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "data/tool_calls.h"

namespace automodel::data {
namespace {

Json turn(const char* role, const char* content) { return {{"role", role}, {"content", content}}; }

struct Example {
  Json messages;
  Json tools = {};
};

/// A question that is answered by a call of a tool.
Example tool_round() {
  const Json call = example_call(Json::object());
  Json asks = turn("assistant", "");
  asks["tool_calls"] = Json::array({call});
  Json found = turn("tool", "Two.");
  found["tool_call_id"] = call["id"];
  return {.messages = Json::array({turn("user", "One?"), asks, found}),
          .tools = Json::array({example_tool()})};
}

/// Conversations that chat templates take; the first has no system turn.
std::array<Example, 3> conversations() {
  const Json plain = Json::array({turn("user", "One?"), turn("assistant", "Two."),
                                  turn("user", "Three?"), turn("assistant", "Four.")});
  Json with_system = plain;
  with_system.insert(with_system.begin(), turn("system", "Zero."));
  return {{{plain}, {with_system}, tool_round()}};
}

/// The text, or the template's complaint.
std::string render(const TextContext& context, const Example& example) {
  text::RenderOptions options;
  options.add_generation_prompt = true;
  options.extra = context.template_variables;
  options.tools = example.tools;
  options.now = kTemplateTime;
  try {
    return find_template(context, !example.tools.is_null())
        ->render(example.messages, options, context.special_tokens)
        .text;
  } catch (const Error& error) {
    return "an error: " + error.message();
  }
}

/// The text from a little before `at` on, quoted.
std::string excerpt(const std::string& text, std::size_t at) {
  constexpr std::size_t kBefore = 12;
  constexpr std::size_t kShown = 48;
  const std::string part = text.substr(at - std::min(at, kBefore), kShown);
  return Json(part).dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::optional<std::string> template_difference(const TextContext& used, const TextContext& model) {
  const auto* one = find_template(used, /*has_tools=*/false);
  const auto* other = find_template(model, /*has_tools=*/false);
  if (one == nullptr || other == nullptr) {
    return std::nullopt;
  }
  for (const Example& example : conversations()) {
    const std::string here = render(used, example);
    const std::string there = render(model, example);
    if (here != there) {
      const auto shorter = std::min(here.size(), there.size());
      const auto mismatch = std::mismatch(
          here.begin(), here.begin() + static_cast<std::ptrdiff_t>(shorter), there.begin());
      const auto at = static_cast<std::size_t>(mismatch.first - here.begin());
      return fmt::format("the data set's writes {} where the model's writes {}", excerpt(here, at),
                         excerpt(there, at));
    }
  }
  return std::nullopt;
}

TextContext without_checks(TextContext context, const std::vector<std::string>& disabled) {
  const auto is_off = [&](Check check) {
    return std::count(disabled.begin(), disabled.end(), info_of(check).name) > 0;
  };
  context.allows_too_long = context.allows_too_long || is_off(Check::too_long);
  context.allows_untrained = context.allows_untrained || is_off(Check::no_trained_tokens);
  context.allows_hidden = context.allows_hidden || is_off(Check::not_shown);
  return context;
}

std::vector<FailedTextCheck> failed_text_checks(const TextContext& used, const TextContext* model,
                                                const CheckLimits& limits) {
  std::vector<FailedTextCheck> out;
  if (model != nullptr) {
    if (auto difference = template_difference(used, *model)) {
      out.push_back({Check::template_differs, std::move(*difference)});
    }
  }
  const std::int64_t tokens = used.tokenizer.vocab_size();
  if (limits.vocab_size > 0 && tokens > limits.vocab_size) {
    out.push_back({Check::vocabulary_too_large,
                   fmt::format("the tokenizer has {} tokens, the embedding {} rows", tokens,
                               limits.vocab_size)});
  }
  if (!used.class_difference.empty()) {
    out.push_back({Check::class_differs, used.class_difference});
  }
  if (used.mistral_split && !used.mistral_split->difference.empty()) {
    out.push_back({Check::mistral_regex, used.mistral_split->difference});
  }
  return out;
}

}  // namespace automodel::data
