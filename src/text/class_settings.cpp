#include "text/class_settings.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"

namespace automodel::text {
namespace {

/// Their names, with or without "Fast" at the end.
constexpr auto kBertClasses =
    std::to_array<std::string_view>({"BertTokenizer", "DistilBertTokenizer", "ElectraTokenizer"});
constexpr auto kByteClasses =
    std::to_array<std::string_view>({"CodeGenTokenizer", "CohereTokenizer", "GPT2Tokenizer",
                                     "GPTNeoXTokenizer", "Qwen2Tokenizer", "RobertaTokenizer"});

template <typename Names>
bool is_one_of(const Names& names, std::string_view name) {
  if (name.ends_with("Fast")) {
    name.remove_suffix(4);
  }
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_type(const Json& step, std::string_view type) {
  return step.is_object() && step.value("type", Json()) == type;
}

/// Sets `step[name]` to the flag that the config has under `key`, if it has one. Only accents may
/// be null: then they go with the case.
void set_flag(Json& step, const char* name, const Json& config, const char* key) {
  const auto found = config.find(key);
  const bool may_be_null = std::string_view(key) == "strip_accents";
  if (found == config.end() || (found->is_null() && !may_be_null)) {
    return;
  }
  check(found->is_boolean() || found->is_null(), ErrorKind::corrupt_data,
        "tokenizer_config.json: {} must be true or false, found {}", key, found->dump());
  step[name] = *found;
}

void set_prefix_space(Json& step, const Json& config) {
  if (is_type(step, "ByteLevel")) {
    set_flag(step, "add_prefix_space", config, "add_prefix_space");
  } else if (is_type(step, "Sequence") && step.contains("pretokenizers")) {
    for (Json& inner : step["pretokenizers"]) {
      set_prefix_space(inner, config);
    }
  }
}

}  // namespace

Json with_class_settings(Json tokenizer, const TokenizerConfig& config) {
  if (!tokenizer.is_object() || !config.raw.is_object()) {
    return tokenizer;  // refused where it is read
  }
  if (is_one_of(kBertClasses, config.tokenizer_class) && tokenizer.contains("normalizer") &&
      is_type(tokenizer["normalizer"], "BertNormalizer")) {
    Json& normalizer = tokenizer["normalizer"];
    set_flag(normalizer, "lowercase", config.raw, "do_lower_case");
    set_flag(normalizer, "strip_accents", config.raw, "strip_accents");
    set_flag(normalizer, "handle_chinese_chars", config.raw, "tokenize_chinese_chars");
  }
  if (is_one_of(kByteClasses, config.tokenizer_class) && tokenizer.contains("pre_tokenizer")) {
    set_prefix_space(tokenizer["pre_tokenizer"], config.raw);
  }
  return tokenizer;
}

}  // namespace automodel::text
