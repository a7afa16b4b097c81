#include "text/tokenizer_config.h"

#include <algorithm>

#include "base/error.h"
#include "base/file.h"

namespace automodel::text {
namespace {

namespace fs = std::filesystem;

/// A special token is written as its text, or as an object with "content".
std::optional<std::string> token_text(const Json& value, std::string_view key,
                                      std::string_view source) {
  if (value.is_null()) {
    return std::nullopt;
  }
  if (value.is_string()) {
    return value.get<std::string>();
  }
  check(value.is_object() && value.contains("content") && value["content"].is_string(),
        ErrorKind::corrupt_data, "{}: '{}' is {}, expected a string or an object with \"content\"",
        source, key, value.dump());
  return value["content"].get<std::string>();
}

template <typename T>
std::optional<T> typed(const Json& config, const char* key, bool (Json::*is)() const noexcept,
                       std::string_view source) {
  const auto found = config.find(key);
  if (found == config.end() || found->is_null()) {
    return std::nullopt;
  }
  check(((*found).*is)(), ErrorKind::corrupt_data, "{}: '{}' is {}, which is of the wrong type",
        source, key, found->dump());
  return found->get<T>();
}

void read_special_tokens(TokenizerConfig& out, const Json& config, std::string_view source) {
  const auto take = [&](const char* key, std::optional<std::string>& into) {
    if (config.contains(key)) {
      into = token_text(config[key], key, source);
    }
  };
  take("bos_token", out.bos_token);
  take("eos_token", out.eos_token);
  take("pad_token", out.pad_token);
  take("unk_token", out.unk_token);
}

/// One template, or a list of {"name", "template"}.
void read_templates(TokenizerConfig& out, const Json& value, std::string_view source) {
  if (value.is_null()) {
    return;
  }
  if (value.is_string()) {
    out.chat_templates["default"] = value.get<std::string>();
    return;
  }
  check(value.is_array(), ErrorKind::corrupt_data, "{}: chat_template must be a string or a list",
        source);
  for (const Json& entry : value) {
    check(entry.is_object() && entry.contains("name") && entry["name"].is_string() &&
              entry.contains("template") && entry["template"].is_string(),
          ErrorKind::corrupt_data,
          "{}: each chat_template of a list needs \"name\" and \"template\"", source);
    out.chat_templates[entry["name"].get<std::string>()] = entry["template"].get<std::string>();
  }
}

/// Transformers writes 1e30 where there is no limit.
std::optional<std::int64_t> length_limit(const Json& config, std::string_view source) {
  constexpr double kNoLimit = 1e15;
  const auto limit = typed<double>(config, "model_max_length", &Json::is_number, source);
  return limit && *limit > 0 && *limit < kNoLimit ? std::optional(static_cast<std::int64_t>(*limit))
                                                  : std::nullopt;
}

void read_template_files(TokenizerConfig& out, const fs::path& folder) {
  if (const auto path = folder / "chat_template.json"; fs::exists(path)) {
    const Json json = read_json(path);
    check(json.is_object() && json.contains("chat_template"), ErrorKind::corrupt_data,
          "{}: expected an object with \"chat_template\"", path.string());
    read_templates(out, json["chat_template"], path.string());
  }
  if (const auto path = folder / "chat_template.jinja"; fs::exists(path)) {
    out.chat_templates["default"] = read_file(path);
  }
  const auto more = folder / "additional_chat_templates";
  if (!fs::is_directory(more)) {
    return;
  }
  for (const auto& entry : fs::directory_iterator(more)) {
    if (entry.path().extension() == ".jinja") {
      out.chat_templates[entry.path().stem().string()] = read_file(entry.path());
    }
  }
}

}  // namespace

TokenizerConfig parse_tokenizer_config(const Json& config, std::string_view source) {
  check(config.is_object(), ErrorKind::corrupt_data, "{}: expected a JSON object", source);
  TokenizerConfig out;
  read_special_tokens(out, config, source);
  out.add_bos_token = typed<bool>(config, "add_bos_token", &Json::is_boolean, source);
  out.add_eos_token = typed<bool>(config, "add_eos_token", &Json::is_boolean, source);
  out.tokenizer_class =
      typed<std::string>(config, "tokenizer_class", &Json::is_string, source).value_or("");
  out.model_max_length = length_limit(config, source);
  if (config.contains("chat_template")) {
    read_templates(out, config["chat_template"], source);
  }
  out.raw = config;
  return out;
}

TokenizerConfig read_tokenizer_config(const fs::path& folder) {
  const auto path = folder / "tokenizer_config.json";
  auto out =
      fs::exists(path) ? parse_tokenizer_config(read_json(path), path.string()) : TokenizerConfig{};
  if (const auto map = folder / "special_tokens_map.json"; fs::exists(map)) {
    const Json tokens = read_json(map);
    check(tokens.is_object(), ErrorKind::corrupt_data, "{}: expected a JSON object", map.string());
    const auto configured = out;
    read_special_tokens(out, tokens, map.string());
    // tokenizer_config.json wins where both speak, as in Transformers.
    out.bos_token = configured.bos_token ? configured.bos_token : out.bos_token;
    out.eos_token = configured.eos_token ? configured.eos_token : out.eos_token;
    out.pad_token = configured.pad_token ? configured.pad_token : out.pad_token;
    out.unk_token = configured.unk_token ? configured.unk_token : out.unk_token;
  }
  read_template_files(out, folder);
  return out;
}

}  // namespace automodel::text
