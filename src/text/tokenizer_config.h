#pragma once
// What a Hugging Face folder says about its tokenizer beside tokenizer.json: special tokens and
// chat templates.

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"

namespace automodel::text {

/// tokenizer_config.json merged with special_tokens_map.json and the chat template files.
struct TokenizerConfig {
  std::optional<std::string> bos_token;
  std::optional<std::string> eos_token;
  std::optional<std::string> pad_token;
  std::optional<std::string> unk_token;
  std::optional<std::string> sep_token;
  std::optional<std::string> cls_token;
  std::optional<std::string> mask_token;
  std::optional<bool> add_bos_token;
  std::optional<bool> add_eos_token;
  std::optional<bool> fix_mistral_regex;  // see mistral_split.h
  /// "default" and the named ones ("tool_use", ...), as Jinja source.
  std::map<std::string, std::string> chat_templates;
  std::optional<std::int64_t> model_max_length;
  /// "truncation_side" is "left"; none: tokenizer.json decides.
  std::optional<bool> cuts_beginning;
  std::string tokenizer_class;  // empty if the folder does not say
  Json raw = Json::object();    // what tokenizer_config.json would say of all of it
};

/// Reads tokenizer_config.json, special_tokens_map.json (see special_tokens.h),
/// chat_template.jinja, additional_chat_templates/*.jinja and chat_template.json of `folder`, each
/// optional. The Jinja files beat the key in tokenizer_config.json, as in Transformers;
/// chat_template.json, which its processors alone read, counts where there is neither. Throws
/// Error(corrupt_data) on a malformed file.
TokenizerConfig read_tokenizer_config(const std::filesystem::path& folder);

/// The same from a tokenizer_config.json's contents alone; `source` names it in errors.
TokenizerConfig parse_tokenizer_config(const Json& config, std::string_view source);

/// The object in a file, empty if there is no file. Throws Error(corrupt_data).
Json read_object(const std::filesystem::path& file);

}  // namespace automodel::text
