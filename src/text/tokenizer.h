#pragma once
// Text to token ids and back, from a Hugging Face tokenizer.json.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"

namespace automodel::text {

/// A token found in the text before the model sees it ("added_tokens" of tokenizer.json).
struct AddedToken {
  std::string content;
  std::int32_t id = 0;
  bool special = false;      // dropped by decode(skip_special_tokens)
  bool single_word = false;  // matches only where no word character touches it
  bool lstrip = false;       // takes the white space before it
  bool rstrip = false;       // takes the white space behind it
  bool normalized = false;   // searched in the normalized text instead of the text as given
  bool operator==(const AddedToken&) const = default;
};

struct EncodeOptions {
  bool add_special_tokens = true;  // run the post-processor's template (bos, eos, [CLS] ...)
  /// Cut and pad as the file's "truncation" and "padding" say. Without it a text keeps its length,
  /// as in Transformers, which asks for both in each call.
  bool apply_length_settings = false;
};

/// How texts are cut.
struct CutOptions {
  std::size_t max_length = 0;  // special tokens count; 0: not at all
  bool cuts_beginning = false;
};

struct LoadOptions {
  /// Whether special tokens are looked for in a text (split_special_tokens of Transformers is the
  /// contrary).
  bool finds_special = true;
};

struct Encoding {
  std::vector<std::int32_t> ids;
  /// The byte range of the input text that each token stands for. Special tokens that the
  /// post-processor adds have the empty range (0, 0).
  std::vector<std::pair<std::uint32_t, std::uint32_t>> offsets;
  /// So many ids at both ends are padding.
  std::size_t num_left_padding = 0, num_right_padding = 0;
};

struct TokenizerParts;

/// Immutable and safe to share between threads; copies share one implementation.
class Tokenizer {
 public:
  /// Builds a tokenizer from the contents of a tokenizer.json; `source` names it in errors.
  /// Throws Error(unsupported) for kinds that are not known, Error(corrupt_data) for a malformed
  /// file.
  static Tokenizer from_json(const Json& tokenizer_json, std::string_view source,
                             LoadOptions options = {});

  /// Throws Error(invalid_argument) with the byte offset if `text` is not valid UTF-8.
  Encoding encode(std::string_view text, EncodeOptions options = {}) const;
  /// encode() of each text, on up to `num_threads` threads, padded to a common length if the file
  /// says so and `options` ask for it. Throws what the first failing text throws.
  std::vector<Encoding> encode_batch(std::span<const std::string> texts, EncodeOptions options,
                                     int num_threads) const;
  /// One text, or two as one sequence, with the special tokens that belong there, cut to a number
  /// of tokens in all: of two the longer one first. Source: tokenizers' truncate_encodings,
  /// strategy longest_first. Throws as encode; Error(invalid_argument) if special tokens alone are
  /// as many; Error(unsupported) for two texts if the file does not say how they become one.
  std::vector<std::int32_t> encode_within(std::span<const std::string> texts,
                                          const CutOptions& cut = {}) const;
  /// The text of `ids`; ids without a token are skipped, as Hugging Face does. Bytes that do not
  /// form UTF-8 become U+FFFD.
  std::string decode(std::span<const std::int32_t> ids, bool skip_special_tokens = false) const;

  std::optional<std::int32_t> token_to_id(std::string_view token) const;
  std::optional<std::string> id_to_token(std::int32_t id) const;
  /// The largest id + 1, added tokens included.
  std::int32_t vocab_size() const;
  /// In the order of their ids.
  const std::vector<AddedToken>& added_tokens() const;
  /// True for added tokens that are marked special.
  bool is_special(std::int32_t id) const;
  /// Whether the content of such a token stands somewhere in `text`. False if encode() does not
  /// look for them (finds_special()).
  bool has_special(std::string_view text) const;
  /// "truncation" in the file has the direction Left. Transformers takes this over where
  /// tokenizer_config.json has no truncation_side.
  bool cuts_beginning() const;
  /// As it was loaded (LoadOptions); a tokenizer.json does not say it.
  bool finds_special() const;
  /// A tokenizer.json equal in meaning to the one this tokenizer was made from, with all its
  /// settings.
  Json to_json() const;

 private:
  explicit Tokenizer(std::shared_ptr<const TokenizerParts> parts);
  std::shared_ptr<const TokenizerParts> parts_;
};

/// Decodes a growing sequence, as generation produces it.
class StreamDecoder {
 public:
  explicit StreamDecoder(Tokenizer tokenizer, bool skip_special_tokens = true);

  /// The text that `id` completes: whole UTF-8 characters only, empty while a character is
  /// unfinished. All pieces and finish() concatenated equal decode() of all ids, save that a
  /// character spelt in bytes stays where invalid bytes behind it make U+FFFD of it there.
  std::string push(std::int32_t id);
  /// The rest; U+FFFD stands for bytes that never became a character. The decoder is then as new.
  std::string finish();

 private:
  std::string text_behind_context();
  void forget_context();

  Tokenizer tokenizer_;
  bool skip_special_tokens_;
  std::vector<std::int32_t> ids_;  // not yet final, with the context that their text depends on
  std::size_t num_context_ = 0;    // leading ids_ whose text was already handed out
};

}  // namespace automodel::text
