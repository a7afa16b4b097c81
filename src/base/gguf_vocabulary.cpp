#include "base/gguf_vocabulary.h"

#include <limits>
#include <utility>

#include "base/error.h"
#include "base/known.h"

namespace automodel {
namespace {

constexpr std::string_view kTemplate = "tokenizer.chat_template";

class VocabularyReader {
 public:
  VocabularyReader(const GgufMetadata& metadata, std::string_view source)
      : metadata_(metadata), source_(source) {}

  bool has(std::string_view key) const { return metadata_.contains(key); }

  std::optional<std::string> text(std::string_view key) const {
    return read<std::string>(key, &is_text, "a text");
  }
  std::optional<bool> flag(std::string_view key) const {
    return read<bool>(key, &is_flag, "true or false");
  }
  std::optional<std::int32_t> id(std::string_view key) const {
    return read<std::int32_t>(key, &is_int32, "a token id");
  }
  std::vector<std::string> texts(std::string_view key) const {
    return list<std::string>(key, &is_text, "texts");
  }
  std::vector<float> floats(std::string_view key) const {
    return list<float>(key, &is_number, "numbers");
  }
  std::vector<std::int32_t> integers(std::string_view key) const {
    return list<std::int32_t>(key, &is_int32, "integers");
  }
  /// A list of signed or unsigned bytes.
  std::string bytes(std::string_view key) const {
    std::string text;
    for (const std::int32_t value : list<std::int32_t>(key, &is_byte, "bytes")) {
      text += static_cast<char>(value);
    }
    return text;
  }

  std::map<std::string, std::string> chat_templates() const {
    std::map<std::string, std::string> templates;
    for (auto at = metadata_.lower_bound(kTemplate);
         at != metadata_.end() && at->first.starts_with(kTemplate); ++at) {
      const std::string rest = at->first.substr(kTemplate.size());
      if (rest.empty() || rest.starts_with('.')) {  // not tokenizer.chat_templates, their names
        templates[rest.empty() ? "default" : rest.substr(1)] = known(text(at->first));
      }
    }
    return templates;
  }

 private:
  using Test = bool (*)(const Json&);
  static bool is_text(const Json& value) { return value.is_string(); }
  static bool is_flag(const Json& value) { return value.is_boolean(); }
  static bool is_number(const Json& value) { return value.is_number(); }
  static bool is_int32(const Json& value) {
    return value.is_number_integer() && value <= std::numeric_limits<std::int32_t>::max() &&
           value >= std::numeric_limits<std::int32_t>::min();
  }
  static bool is_byte(const Json& value) {
    return value.is_number_integer() && value <= 255 && value >= -128;
  }

  const Json* find(std::string_view key) const {
    const auto found = metadata_.find(key);
    return found == metadata_.end() ? nullptr : &found->second;
  }
  template <typename T>
  std::optional<T> read(std::string_view key, Test fits, std::string_view expected) const {
    const Json* value = find(key);
    if (value == nullptr) {
      return std::nullopt;
    }
    check(fits(*value), ErrorKind::corrupt_data, "{}: '{}' is not {}", source_, key, expected);
    return value->get<T>();
  }
  template <typename T>
  std::vector<T> list(std::string_view key, Test fits, std::string_view expected) const {
    const Json* values = find(key);
    std::vector<T> found;
    if (values == nullptr) {
      return found;
    }
    check(values->is_array(), ErrorKind::corrupt_data, "{}: '{}' is not a list", source_, key);
    found.reserve(values->size());
    for (const Json& value : *values) {
      check(fits(value), ErrorKind::corrupt_data, "{}: entry {} of '{}' is not one of {}", source_,
            found.size(), key, expected);
      found.push_back(value.get<T>());
    }
    return found;
  }

  const GgufMetadata& metadata_;
  std::string_view source_;
};

}  // namespace

GgufVocabulary read_gguf_vocabulary(const GgufMetadata& metadata, std::string_view source) {
  const VocabularyReader reader(metadata, source);
  check(reader.has("tokenizer.ggml.model") && reader.has("tokenizer.ggml.tokens"),
        ErrorKind::not_found, "{} holds no tokenizer (tokenizer.ggml.model and .tokens)", source);
  return {.model = known(reader.text("tokenizer.ggml.model")),
          .pre = reader.text("tokenizer.ggml.pre").value_or(""),
          .tokens = reader.texts("tokenizer.ggml.tokens"),
          .scores = reader.floats("tokenizer.ggml.scores"),
          .token_types = reader.integers("tokenizer.ggml.token_type"),
          .merges = reader.texts("tokenizer.ggml.merges"),
          .bos_id = reader.id("tokenizer.ggml.bos_token_id"),
          .eos_id = reader.id("tokenizer.ggml.eos_token_id"),
          .pad_id = reader.id("tokenizer.ggml.padding_token_id"),
          .unk_id = reader.id("tokenizer.ggml.unknown_token_id"),
          .sep_id = reader.id("tokenizer.ggml.seperator_token_id"),  // GGUF's own spelling
          .cls_id = reader.id("tokenizer.ggml.cls_token_id"),
          .mask_id = reader.id("tokenizer.ggml.mask_token_id"),
          .add_bos = reader.flag("tokenizer.ggml.add_bos_token"),
          .add_eos = reader.flag("tokenizer.ggml.add_eos_token"),
          .add_sep = reader.flag("tokenizer.ggml.add_sep_token"),
          .add_space_prefix = reader.flag("tokenizer.ggml.add_space_prefix"),
          .remove_extra_whitespaces = reader.flag("tokenizer.ggml.remove_extra_whitespaces"),
          .lowercase = reader.flag("tokenizer.ggml.normalizer.lowercase"),
          .strip_accents = reader.flag("tokenizer.ggml.normalizer.strip_accents"),
          .precompiled_charsmap = reader.bytes("tokenizer.ggml.precompiled_charsmap"),
          .chat_templates = reader.chat_templates()};
}

}  // namespace automodel
