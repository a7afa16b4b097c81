#include "cli/commands/gguf_metadata.h"

#include <optional>
#include <string>

#include "base/error.h"

namespace automodel::cli {
namespace {

template <typename T>
std::optional<T> find(const Json& metadata, const std::string& key) {
  const auto value = metadata.find(key);
  if (value == metadata.end() || value->is_null()) {
    return std::nullopt;
  }
  try {
    return value->get<T>();
  } catch (const Json::exception&) {
    fail(ErrorKind::corrupt_data, "the value of '{}' has another type than GGUF gives it: {}", key,
         value->type_name());
  }
}

}  // namespace

bool is_gguf_metadata(const Json& json) {
  return json.is_object() && json.contains("tokenizer.ggml.model");
}

text::GgufTokenizer tokenizer_from_metadata(const Json& metadata, std::string_view source) {
  const ErrorContext context("reading the GGUF metadata in {}", source);
  const std::string prefix = "tokenizer.ggml.";
  GgufVocabulary vocabulary;
  vocabulary.model = find<std::string>(metadata, prefix + "model").value_or("");
  vocabulary.pre = find<std::string>(metadata, prefix + "pre").value_or("");
  vocabulary.tokens = find<std::vector<std::string>>(metadata, prefix + "tokens")
                          .value_or(std::vector<std::string>());
  vocabulary.scores =
      find<std::vector<float>>(metadata, prefix + "scores").value_or(std::vector<float>());
  vocabulary.token_types = find<std::vector<std::int32_t>>(metadata, prefix + "token_type")
                               .value_or(std::vector<std::int32_t>());
  vocabulary.merges = find<std::vector<std::string>>(metadata, prefix + "merges")
                          .value_or(std::vector<std::string>());
  vocabulary.bos_id = find<std::int32_t>(metadata, prefix + "bos_token_id");
  vocabulary.eos_id = find<std::int32_t>(metadata, prefix + "eos_token_id");
  vocabulary.pad_id = find<std::int32_t>(metadata, prefix + "padding_token_id");
  vocabulary.unk_id = find<std::int32_t>(metadata, prefix + "unknown_token_id");
  vocabulary.add_bos = find<bool>(metadata, prefix + "add_bos_token");
  vocabulary.add_eos = find<bool>(metadata, prefix + "add_eos_token");
  vocabulary.add_space_prefix = find<bool>(metadata, prefix + "add_space_prefix");
  vocabulary.chat_template = find<std::string>(metadata, "tokenizer.chat_template");
  const std::string architecture = find<std::string>(metadata, "general.architecture").value_or("");
  return text::tokenizer_from_gguf(vocabulary, architecture, source);
}

}  // namespace automodel::cli
