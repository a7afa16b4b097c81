#include "text/mistral_split.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <utility>

#include "base/json_text.h"
#include "text/class_steps.h"
#include "text/split_patterns.h"
#include "text/token_difference.h"

namespace automodel::text {
namespace {

/// Smaller vocabularies are not of Tekken's kind.
constexpr std::int32_t kMostOfOthers = 100'000;
constexpr auto kMistralTypes =
    std::to_array<std::string_view>({"mistral", "mistral3", "voxtral", "ministral", "pixtral"});

/// A development version or a candidate of 5.0.0 comes before it, as does no version at all.
bool is_before_5(std::string_view version) {
  int major = 0;
  const char* const end = version.data() + version.size();
  const auto parsed = std::from_chars(version.data(), end, major);
  version.remove_prefix(static_cast<std::size_t>(parsed.ptr - version.data()));
  while (version.starts_with(".0")) {
    version.remove_prefix(2);
  }
  return major < 5 || (major == 5 && (version.starts_with(".dev") || version.starts_with("rc")));
}

bool is_step_of(const Json& step, const char* type) {
  return step.is_object() && step.value("type", Json()) == type;
}

}  // namespace

bool heeds_mistral_fix(const Tokenizer& tokenizer, const Json& model_config) {
  const std::string type = text_at(model_config, "model_type");
  const bool is_mistral = type.empty() || std::ranges::count(kMistralTypes, type) > 0;
  const bool is_meant = model_config.is_object() && is_mistral &&
                        tokenizer.vocab_size() > kMostOfOthers &&
                        is_before_5(text_at(model_config, "transformers_version"));
  if (!is_meant) {
    return false;
  }
  const Json steps = {{"pre_tokenizer", tokenizer.to_json().value("pre_tokenizer", Json())}};
  return cutting_steps(with_mistral_split(steps)) != cutting_steps(steps);
}

Json with_mistral_split(Json tokenizer) {
  Json& steps = tokenizer["pre_tokenizer"];
  if (steps.is_null()) {
    return tokenizer;
  }
  Json split = class_steps::split({{"Regex", split_patterns::kTekken}}, "Isolated");
  if (is_step_of(steps, "Sequence")) {
    steps["pretokenizers"][0] = std::move(split);
    return tokenizer;
  }
  Json others = is_step_of(steps, "Metaspace") ? class_steps::byte_level(false, /*use_regex=*/false)
                                               : std::move(steps);
  steps = class_steps::pre_tokenizers({std::move(split), std::move(others)});
  return tokenizer;
}

Tokenizer with_mistral_split(const Tokenizer& tokenizer) {
  return Tokenizer::from_json(with_mistral_split(tokenizer.to_json()), "tokenizer.json",
                              {.finds_special = tokenizer.finds_special()});
}

}  // namespace automodel::text
