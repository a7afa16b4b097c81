#include "text/tokenizer_config.h"

#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "text/special_tokens.h"
#include "text/tokenizer/json_node.h"

namespace automodel::text {
namespace {

namespace fs = std::filesystem;
using Templates = std::map<std::string, std::string>;

constexpr double kLargestLength = 1e15;  // Transformers writes 1e30 for "no limit"

/// A token given as its text or as {"content": text, ...}.
std::optional<std::string> read_token(const JsonNode& node, std::string_view key) {
  const auto member = node.find(key);
  if (!member) {
    return std::nullopt;
  }
  return member->is_object() ? member->at("content").string() : member->string();
}

std::optional<bool> read_flag(const JsonNode& node, std::string_view key) {
  const auto member = node.find(key);
  return member ? std::optional(member->boolean()) : std::nullopt;
}

/// A template as text, or a list of {"name": ..., "template": ...}.
Templates read_templates(const JsonNode& node) {
  const auto member = node.find("chat_template");
  if (!member) {
    return {};
  }
  if (member->is_string()) {
    return {{"default", member->string()}};
  }
  Templates templates;
  if (member->is_object()) {
    for (const auto& [name, source] : member->value().items()) {
      templates[name] = member->at(name).string();
    }
    return templates;
  }
  for (const JsonNode& element : member->elements()) {
    templates[element.at("name").string()] = element.at("template").string();
  }
  return templates;
}

Templates template_files(const fs::path& folder) {
  Templates templates;
  if (const fs::path file = folder / "chat_template.jinja"; fs::exists(file)) {
    templates["default"] = read_file(file);
  }
  const fs::path named = folder / "additional_chat_templates";
  if (fs::is_directory(named)) {
    for (const auto& entry : fs::directory_iterator(named)) {
      if (entry.path().extension() == ".jinja") {
        templates[entry.path().stem().string()] = read_file(entry.path());
      }
    }
  }
  return templates;
}

/// What processors read: AutoTokenizer does not.
Templates processor_templates(const fs::path& folder) {
  const fs::path file = folder / "chat_template.json";
  const Json json = read_object(file);
  return read_templates(JsonNode(json, file.string()));
}

std::optional<std::int64_t> read_length(const JsonNode& node) {
  const auto member = node.find("model_max_length");
  if (!member || member->number() > kLargestLength) {
    return std::nullopt;
  }
  if (member->number() < 1) {
    member->wrong("a number above 0");
  }
  return static_cast<std::int64_t>(member->number());
}

}  // namespace

Json read_object(const fs::path& file) {
  Json json = fs::exists(file) ? read_json(file) : Json::object();
  if (!json.is_object()) {
    JsonNode(json, file.string()).wrong("an object");
  }
  return json;
}

TokenizerConfig parse_tokenizer_config(const Json& config, std::string_view source) {
  const JsonNode node(config, std::string(source));
  const auto side = node.string_or("truncation_side", "");
  return {.bos_token = read_token(node, "bos_token"),
          .eos_token = read_token(node, "eos_token"),
          .pad_token = read_token(node, "pad_token"),
          .unk_token = read_token(node, "unk_token"),
          .sep_token = read_token(node, "sep_token"),
          .cls_token = read_token(node, "cls_token"),
          .mask_token = read_token(node, "mask_token"),
          .add_bos_token = read_flag(node, "add_bos_token"),
          .add_eos_token = read_flag(node, "add_eos_token"),
          .fix_mistral_regex = read_flag(node, "fix_mistral_regex"),
          .chat_templates = read_templates(node),
          .model_max_length = read_length(node),
          .cuts_beginning = side.empty() ? std::nullopt : std::optional(side == "left"),
          .tokenizer_class = node.string_or("tokenizer_class", ""),
          .raw = config};
}

TokenizerConfig read_tokenizer_config(const std::filesystem::path& folder) {
  const fs::path file = folder / "tokenizer_config.json";
  TokenizerConfig config = parse_tokenizer_config(
      with_special_tokens_map(read_object(file), read_object(folder / "special_tokens_map.json")),
      file.string());
  if (Templates files = template_files(folder); !files.empty()) {
    config.chat_templates = std::move(files);
  }
  if (config.chat_templates.empty()) {
    config.chat_templates = processor_templates(folder);
  }
  return config;
}

}  // namespace automodel::text
