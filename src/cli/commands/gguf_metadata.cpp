#include "cli/commands/gguf_metadata.h"

#include <string>

#include "base/error.h"

namespace automodel::cli {

bool is_gguf_metadata(const Json& json) {
  return json.is_object() && json.contains("tokenizer.ggml.model");
}

text::TokenizerFiles tokenizer_from_metadata(const Json& metadata, std::string_view source) {
  const ErrorContext context("reading the GGUF metadata in {}", source);
  GgufMetadata values;
  for (const auto& [key, value] : metadata.items()) {
    if (!value.is_null()) {
      values.emplace(key, value);
    }
  }
  const auto architecture = values.find("general.architecture");
  const bool is_named = architecture != values.end() && architecture->second.is_string();
  return text::tokenizer_from_gguf(
      read_gguf_vocabulary(values, source),
      is_named ? architecture->second.get_ref<const std::string&>() : std::string_view(), source);
}

}  // namespace automodel::cli
