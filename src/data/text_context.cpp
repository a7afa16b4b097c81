#include "data/text_context.h"

#include <algorithm>
#include <utility>

#include "base/checksum.h"
#include "base/error.h"
#include "base/file.h"
#include "base/known.h"
#include "base/text.h"
#include "text/special_tokens.h"
#include "text/tokenizer_files.h"

namespace automodel::data {
namespace {

std::optional<std::int32_t> id_of(const text::Tokenizer& tokenizer,
                                  const std::optional<std::string>& token, std::string_view role) {
  if (!token) {
    return std::nullopt;
  }
  const auto id = tokenizer.token_to_id(*token);
  check(id.has_value(), ErrorKind::invalid_argument,
        "the tokenizer's {} '{}' is not one of its tokens; tokenizer.json and "
        "tokenizer_config.json do not belong together",
        role, *token);
  return id;
}

/// Jinja sources by name.
using TemplateSources = std::map<std::string, std::string>;

template <typename Value>
std::string joined_keys(const std::map<std::string, Value>& entries) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : entries) {
    keys.push_back(key);
  }
  return join(keys, ", ");
}

/// What tokenizer_config.json would name by its key "chat_template".
TemplateSources templates_in(const Json& json, const std::string& path) {
  const Json alone = Json::object({{"chat_template", json.value("chat_template", Json())}});
  auto sources = text::parse_tokenizer_config(alone, path).chat_templates;
  check(
      sources.contains("default"), ErrorKind::invalid_argument,
      "chat_template '{}' is a JSON file with {}; expected \"chat_template\": a text, or a list of "
      "{{\"name\": ..., \"template\": ...}} of which one has the name 'default'",
      path,
      sources.empty()
          ? fmt::format("the keys {}", joined_keys(json.get<std::map<std::string, Json>>()))
          : fmt::format("the templates {}", joined_keys(sources)));
  return sources;
}

TemplateSources read_templates(const std::string& path, const TextContext& context) {
  check(
      std::filesystem::exists(path), ErrorKind::not_found,
      "chat_template '{}' is neither a Jinja template (no {{% or {{{{), nor an existing file, nor "
      "one of the tokenizer's templates ({})",
      path, context.templates.empty() ? "it has none" : joined_keys(context.templates));
  std::string text = read_file(path);
  const Json json = Json::parse(text, nullptr, false);
  return json.is_object() ? templates_in(json, path)
                          : TemplateSources{{"default", std::move(text)}};
}

}  // namespace

TextContext make_text_context(text::Tokenizer tokenizer, const text::TokenizerConfig& config) {
  const auto bos_id = id_of(tokenizer, config.bos_token, "bos_token");
  const auto eos_id = id_of(tokenizer, config.eos_token, "eos_token");
  TextContext context{.tokenizer = std::move(tokenizer),
                      .special_tokens = {.bos_token = config.bos_token,
                                         .eos_token = config.eos_token,
                                         .unk_token = config.unk_token,
                                         .sep_token = config.sep_token,
                                         .pad_token = config.pad_token,
                                         .cls_token = config.cls_token,
                                         .mask_token = config.mask_token,
                                         .named = text::model_token_texts(config.raw)},
                      .templates = {},
                      .bos_id = bos_id,
                      .eos_id = eos_id};
  context.adds_bos = puts_bos(context);
  context.max_tokens = config.model_max_length.value_or(0);
  context.cuts_beginning = config.cuts_beginning.value_or(context.tokenizer.cuts_beginning());
  for (const auto& [name, source] : config.chat_templates) {
    context.templates.emplace(name,
                              text::ChatTemplate::parse(source, "chat template '" + name + "'"));
  }
  return context;
}

bool misses_bos(const TextContext& context, const std::vector<std::int32_t>& ids) {
  return context.prepends_bos && context.bos_id && (ids.empty() || ids.front() != *context.bos_id);
}

text::Encoding encode(const TextContext& context, const std::string& text) {
  text::Encoding encoding = context.tokenizer.encode(text);
  if (misses_bos(context, encoding.ids)) {
    encoding.ids.insert(encoding.ids.begin(), known(context.bos_id));
    encoding.offsets.insert(encoding.offsets.begin(), {0, 0});
  }
  return encoding;
}

bool puts_bos(const TextContext& context) {
  const auto ids = encode(context, "").ids;
  return context.bos_id && !ids.empty() && ids.front() == *context.bos_id;
}

TextContext load_text_context(const std::filesystem::path& folder) {
  const ErrorContext frame("reading the tokenizer and chat template in {}", folder.string());
  auto loaded = text::load_tokenizer(folder);
  auto context = make_text_context(std::move(loaded.tokenizer), loaded.config);
  context.class_difference = std::move(loaded.class_difference);
  context.mistral_split = std::move(loaded.mistral_split);
  return context;
}

TextContext with_chat_template(TextContext context, const std::optional<std::string>& given) {
  if (!given) {
    return context;
  }
  const std::string& chat_template = *given;
  const bool is_text = chat_template.find("{%") != std::string::npos ||
                       chat_template.find("{{") != std::string::npos;
  if (const auto named = context.templates.find(chat_template); named != context.templates.end()) {
    context.templates = {{"default", named->second}};
    return context;
  }
  const auto sources = is_text ? TemplateSources{{"default", chat_template}}
                               : read_templates(chat_template, context);
  const std::string place = is_text ? "chat_template" : chat_template;
  context.templates.clear();
  for (const auto& [name, source] : sources) {
    context.templates.emplace(
        name, text::ChatTemplate::parse(
                  source, sources.size() == 1 ? place : fmt::format("{}: '{}'", place, name)));
  }
  return context;
}

const text::ChatTemplate* find_template(const TextContext& context, bool has_tools) {
  auto found = has_tools ? context.templates.find("tool_use") : context.templates.end();
  if (found == context.templates.end()) {
    found = context.templates.find("default");
  }
  return found == context.templates.end() ? nullptr : &found->second;
}

const text::ChatTemplate& require_template(const TextContext& context, bool has_tools) {
  const text::ChatTemplate* found = find_template(context, has_tools);
  check(found != nullptr, ErrorKind::invalid_argument,
        "the model's tokenizer has no chat template (a base model?); give dataset.chat_template, "
        "the path of a Jinja file, or use a model that was trained to chat");
  return *found;
}

bool is_eos(std::int32_t id, const TextContext& context, std::span<const std::int32_t> ends) {
  return id == context.eos_id || std::ranges::find(ends, id) != ends.end();
}

std::uint64_t content_hash(const TextContext& context) {
  const text::SpecialTokens& names = context.special_tokens;
  Json parts = {{"variables", context.template_variables},
                {"max_tokens", context.max_tokens},
                {"num_labels", context.num_labels},
                {"class_names", context.class_names},
                {"bos_id", context.bos_id ? Json(*context.bos_id) : Json()},
                {"eos_id", context.eos_id ? Json(*context.eos_id) : Json()},
                {"stop_ids", context.stop_ids},
                {"prepends_bos", context.prepends_bos},
                {"cuts_beginning", context.cuts_beginning},
                {"allows_too_long", context.allows_too_long},
                {"allows_untrained", context.allows_untrained},
                {"finds_special", context.tokenizer.finds_special()}};
  for (const auto& name : {names.bos_token, names.eos_token, names.unk_token, names.sep_token,
                           names.pad_token, names.cls_token, names.mask_token}) {
    parts["special"].push_back(name ? Json(*name) : Json());
  }
  if (context.allows_hidden) {
    parts["allows_hidden"] = true;
  }
  if (!names.named.empty()) {
    parts["named"] = names.named;
  }
  for (const auto& [name, chat_template] : context.templates) {
    parts["templates"][name] = chat_template.source();
  }
  return hash_of(checksum(parts.dump()), checksum(context.tokenizer.to_json().dump()));
}

}  // namespace automodel::data
