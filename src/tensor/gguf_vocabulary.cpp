#include "tensor/gguf_vocabulary.h"

#include <limits>

#include "base/error.h"

namespace automodel {
namespace {

class VocabularyReader {
 public:
  explicit VocabularyReader(const GgufFile& file) : file_(file) {}

  bool has(std::string_view key) const { return file_.metadata().contains(key); }

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

 private:
  using Test = bool (*)(const Json&);
  static bool is_text(const Json& value) { return value.is_string(); }
  static bool is_flag(const Json& value) { return value.is_boolean(); }
  static bool is_number(const Json& value) { return value.is_number(); }
  static bool is_int32(const Json& value) {
    return value.is_number_integer() && value <= std::numeric_limits<std::int32_t>::max() &&
           value >= std::numeric_limits<std::int32_t>::min();
  }

  const Json* find(std::string_view key) const {
    const auto found = file_.metadata().find(key);
    return found == file_.metadata().end() ? nullptr : &found->second;
  }
  template <typename T>
  std::optional<T> read(std::string_view key, Test fits, std::string_view expected) const {
    const Json* value = find(key);
    if (value == nullptr) {
      return std::nullopt;
    }
    check(fits(*value), ErrorKind::corrupt_data, "{}: '{}' is not {}", file_.path().string(), key,
          expected);
    return value->get<T>();
  }
  template <typename T>
  std::vector<T> list(std::string_view key, Test fits, std::string_view expected) const {
    const Json* values = find(key);
    std::vector<T> found;
    if (values == nullptr) {
      return found;
    }
    check(values->is_array(), ErrorKind::corrupt_data, "{}: '{}' is not a list",
          file_.path().string(), key);
    found.reserve(values->size());
    for (const Json& value : *values) {
      check(fits(value), ErrorKind::corrupt_data, "{}: entry {} of '{}' is not one of {}",
            file_.path().string(), found.size(), key, expected);
      found.push_back(value.get<T>());
    }
    return found;
  }

  const GgufFile& file_;
};

}  // namespace

GgufVocabulary gguf_vocabulary(const GgufFile& file) {
  const VocabularyReader reader(file);
  check(reader.has("tokenizer.ggml.model") && reader.has("tokenizer.ggml.tokens"),
        ErrorKind::not_found, "{} holds no tokenizer (tokenizer.ggml.model and .tokens)",
        file.path().string());
  return {.model = *reader.text("tokenizer.ggml.model"),
          .pre = reader.text("tokenizer.ggml.pre").value_or(""),
          .tokens = reader.texts("tokenizer.ggml.tokens"),
          .scores = reader.floats("tokenizer.ggml.scores"),
          .token_types = reader.integers("tokenizer.ggml.token_type"),
          .merges = reader.texts("tokenizer.ggml.merges"),
          .bos_id = reader.id("tokenizer.ggml.bos_token_id"),
          .eos_id = reader.id("tokenizer.ggml.eos_token_id"),
          .pad_id = reader.id("tokenizer.ggml.padding_token_id"),
          .unk_id = reader.id("tokenizer.ggml.unknown_token_id"),
          .add_bos = reader.flag("tokenizer.ggml.add_bos_token"),
          .add_eos = reader.flag("tokenizer.ggml.add_eos_token"),
          .add_space_prefix = reader.flag("tokenizer.ggml.add_space_prefix"),
          .chat_template = reader.text("tokenizer.chat_template")};
}

}  // namespace automodel
