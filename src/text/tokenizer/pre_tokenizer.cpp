#include "text/tokenizer/pre_tokenizer.h"

#include <array>
#include <iterator>
#include <utility>

#include "text/old_unicode.h"
#include "text/tokenizer/byte_level.h"
#include "text/tokenizer/script_steps.h"
#include "text/tokenizer/split_steps.h"
#include "text/unicode.h"

namespace automodel::text {
namespace {

constexpr std::int64_t kMaxLength = 1 << 20;

PreTokenizer one(PreTokenizerStep step) { return {{std::move(step)}, false}; }

/// `first`, then `second`; the byte mapping at the end of `first` has to happen before `second`.
PreTokenizer chain(PreTokenizer first, PreTokenizer second) {
  if (first.maps_bytes) {
    first.steps.emplace_back(
        [](PreTokenized input, RegexScratch&) { return map_bytes(std::move(input)); });
  }
  first.steps.insert(first.steps.end(), std::make_move_iterator(second.steps.begin()),
                     std::make_move_iterator(second.steps.end()));
  first.maps_bytes = second.maps_bytes;
  return first;
}

PreTokenizer bert_pre_tokenizer(const JsonNode&) {
  return {{split_by_character(is_white_space, SplitBehavior::removed),
           split_by_character(old_unicode::is_punctuation, SplitBehavior::isolated)},
          false};
}

PreTokenizer byte_level_pre_tokenizer(const JsonNode& node) {
  PreTokenizer result{{}, true};
  if (node.boolean_or("add_prefix_space", true)) {
    result.steps.push_back(prepend_space());
  }
  if (node.boolean_or("use_regex", true)) {
    result.steps.push_back(
        split_by_pattern(Pattern(Regex(kGpt2Pattern)), SplitBehavior::isolated, false));
  }
  return result;
}

PreTokenizer delimiter(const JsonNode& node) {
  const char32_t wanted = node.at("delimiter").character();
  return one(
      split_by_character([wanted](char32_t c) { return c == wanted; }, SplitBehavior::removed));
}

PreTokenizer digits(const JsonNode& node) {
  const bool individual = node.at("individual_digits").boolean();
  return one(split_by_character(is_numeric,
                                individual ? SplitBehavior::isolated : SplitBehavior::contiguous));
}

PreTokenizer fixed_length(const JsonNode& node) {
  const auto length = node.find("length");
  const std::int64_t value = length ? length->integer(kMaxLength) : 5;
  if (length && value == 0) {
    length->wrong("a length above 0");
  }
  return one(split_by_length(static_cast<std::size_t>(value)));
}

PrependScheme read_prepend_scheme(const JsonNode& node) {
  static constexpr auto kNames = std::to_array<std::string_view>({"always", "never", "first"});
  const auto scheme = node.find("prepend_scheme");
  const auto value =
      scheme ? static_cast<PrependScheme>(scheme->choice(kNames)) : PrependScheme::always;
  if (!node.boolean_or("add_prefix_space", true)) {  // the older spelling
    if (scheme && value != PrependScheme::never) {
      scheme->wrong("'never', because add_prefix_space is false");
    }
    return PrependScheme::never;
  }
  return value;
}

PreTokenizer metaspace(const JsonNode& node) {
  const char32_t replacement = node.at("replacement").character();
  PreTokenizer result = one(replace_spaces(replacement, read_prepend_scheme(node)));
  if (node.boolean_or("split", true)) {
    result.steps.push_back(split_by_character(
        [replacement](char32_t c) { return c == replacement; }, SplitBehavior::merged_with_next));
  }
  return result;
}

PreTokenizer punctuation(const JsonNode& node) {
  const auto behavior = node.find("behavior");
  return one(split_by_character(old_unicode::is_punctuation, behavior
                                                                 ? read_split_behavior(*behavior)
                                                                 : SplitBehavior::isolated));
}

PreTokenizer sequence_pre_tokenizer(const JsonNode& node) {
  PreTokenizer result;
  for (const JsonNode& element : node.at("pretokenizers").elements()) {
    result = chain(std::move(result), make_pre_tokenizer(element));
  }
  return result;
}

PreTokenizer pattern_split(const JsonNode& node) {
  return one(split_by_pattern(Pattern::from_json(node.at("pattern")),
                              read_split_behavior(node.at("behavior")),
                              node.at("invert").boolean()));
}

PreTokenizer unicode_scripts(const JsonNode&) { return one(split_by_script()); }

PreTokenizer white_space(const JsonNode&) { return one(split_words()); }

PreTokenizer white_space_split(const JsonNode&) {
  return one(split_by_character(is_white_space, SplitBehavior::removed));
}

using MakePreTokenizer = PreTokenizer (*)(const JsonNode&);
constexpr auto kPreTokenizerNames = std::to_array<std::string_view>(
    {"BertPreTokenizer", "ByteLevel", "CharDelimiterSplit", "Delimiter", "Digits", "FixedLength",
     "Metaspace", "Punctuation", "Sequence", "Split", "UnicodeScripts", "Whitespace",
     "WhitespaceSplit"});
constexpr std::array<MakePreTokenizer, kPreTokenizerNames.size()> kPreTokenizerMakers = {
    bert_pre_tokenizer,
    byte_level_pre_tokenizer,
    delimiter,
    delimiter,
    digits,
    fixed_length,
    metaspace,
    punctuation,
    sequence_pre_tokenizer,
    pattern_split,
    unicode_scripts,
    white_space,
    white_space_split};

}  // namespace

PreTokenizer make_pre_tokenizer(const JsonNode& node) {
  if (node.is_null()) {
    return {};
  }
  node.type("a pre-tokenizer", kPreTokenizerNames);
  return kPreTokenizerMakers[node.at("type").choice(kPreTokenizerNames)](node);
}

}  // namespace automodel::text
