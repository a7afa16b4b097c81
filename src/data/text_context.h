#pragma once
// How text becomes tokens for one model: tokenizer, special tokens, chat templates.

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "text/chat_template.h"
#include "text/mistral_split.h"
#include "text/tokenizer.h"
#include "text/tokenizer_config.h"

namespace automodel::data {

/// What strftime_now sees while training data is rendered: noon of 26 July 2024, the date that
/// Llama 3's template itself falls back on. Two runs on different days see the same tokens.
inline constexpr std::int64_t kTemplateTime = 1721995200;

struct TextContext {
  text::Tokenizer tokenizer;
  text::SpecialTokens special_tokens;
  /// By name: "default", "tool_use" ...
  std::map<std::string, text::ChatTemplate> templates;
  std::optional<std::int32_t> bos_id, eos_id;
  /// Tokens at which the model stops beside eos_id.
  std::vector<std::int32_t> stop_ids;
  /// The tokenizer itself puts the BOS token before a text.
  bool adds_bos = false;
  /// encode() does where the tokenizer does not.
  bool prepends_bos = false;
  /// Documents that are too long lose their beginning, not their end.
  bool cuts_beginning = false;
  /// The tokens that a document may have at most, 0 if unknown.
  std::int64_t max_tokens = 0;
  /// The classes that the model tells, 0 if unknown.
  std::int64_t num_labels = 0;
  /// What they are called, by number; empty: they have no names.
  std::vector<std::string> class_names;
  /// Where the tokenizer's class cuts a text otherwise than tokenizer.json says; empty: nowhere.
  std::string class_difference;
  /// Where fix_mistral_regex changes how texts are split.
  std::optional<text::MistralSplit> mistral_split;
  /// Further variables for the template, e.g. {"enable_thinking": false}.
  Json template_variables = Json::object();
  /// Rows that the model cannot take are given out all the same, for checks that are switched off.
  bool allows_too_long = false, allows_untrained = false;
  /// Samples do not say whether their texts show all of a row, which may cost renderings.
  bool allows_hidden = false;
  /// Samples say whose each token is, which costs renderings.
  bool finds_roles = false;
};

/// Throws Error(invalid_argument) if bos_token or eos_token is not a token of the tokenizer.
TextContext make_text_context(text::Tokenizer tokenizer, const text::TokenizerConfig& config);

/// Reads the tokenizer (text::load_tokenizer), tokenizer_config.json and chat templates of a
/// Hugging Face folder. Throws Error(not_found | unsupported | corrupt_data).
TextContext load_text_context(const std::filesystem::path& folder);

/// A text that no chat template has rendered, with the special tokens that belong to it.
text::Encoding encode(const TextContext& context, const std::string& text);

/// Whether encode() puts a BOS token before these tokens of the tokenizer.
bool misses_bos(const TextContext& context, const std::vector<std::int32_t>& ids);

/// Whether encode() puts the BOS token before a text.
bool puts_bos(const TextContext& context);

/// Whether `id` is the tokenizer's eos_token or one of `ends`.
bool is_eos(std::int32_t id, const TextContext& context, std::span<const std::int32_t> ends);

/// The same number for contexts by which rows become the same tokens, or the same errors.
std::uint64_t content_hash(const TextContext& context);

/// A copy with another chat template for all rows, if one is given: the name of one of the
/// tokenizer's own ("rag"), the text of one (it contains "{%" or "{{"), or the path of a Jinja file
/// or of a JSON file with a "chat_template" as tokenizer_config.json has it: a text, or a list of
/// templates and their names, which takes the place of all of the tokenizer's.
/// Throws Error(not_found | invalid_argument | corrupt_data).
TextContext with_chat_template(TextContext context, const std::optional<std::string>& given);

/// The template for a conversation with or without tools: "tool_use" where there is one and tools
/// are given, else "default". Null if there is none.
const text::ChatTemplate* find_template(const TextContext& context, bool has_tools);

/// find_template or Error(invalid_argument) that says what to do.
const text::ChatTemplate& require_template(const TextContext& context, bool has_tools);

}  // namespace automodel::data
