#include "text/special_tokens.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/error.h"

namespace automodel::text {
namespace {

constexpr const char* kExtra = "extra_special_tokens";
constexpr const char* kAdditional = "additional_special_tokens";

bool is_models_own(const std::string& key) {
  return key.ends_with("_token") &&
         std::ranges::find(kSpecialTokenNames, std::string_view(key)) == kSpecialTokenNames.end();
}

Json extra_names(const Json& config) {
  const auto extra = config.find(kExtra);
  return extra != config.end() && extra->is_object() ? *extra : Json::object();
}

/// What special_tokens_map.json says of a token, as tokenizer_config.json would.
Json as_in_config(const std::string& key, const Json& value) {
  // A text here would come behind those of tokenizer_config.json, and so would its id.
  Json token = is_models_own(key) && value.is_string() ? Json({{"content", value}}) : value;
  if (token.is_object() && key.ends_with("_token")) {
    token["special"] = true;
    token["__type"] = "AddedToken";
  }
  return token;
}

/// Special tokens beside those of a key each.
struct ExtraTokens {
  Json named = Json::object();
  std::optional<Json> listed;
};

ExtraTokens extra_tokens(const Json& config) {
  const auto key = special_list_key(config);
  return {.named = extra_names(config),
          .listed = key ? std::optional<Json>(config.at(*key)) : std::nullopt};
}

void append_new(Json& list, const Json& tokens) {
  for (const Json& token : tokens) {
    if (std::ranges::find(list, token) == list.end()) {
      list.push_back(token);
    }
  }
}

/// What extra_special_tokens of special_tokens_map.json changes.
void merge_extra(ExtraTokens& tokens, const Json& value) {
  if (value.is_object()) {
    tokens.named.update(value);
    tokens.listed.reset();
  } else if (value.is_array() && tokens.listed && tokens.listed->is_array()) {
    append_new(*tokens.listed, value);
  } else {
    tokens.listed = value;
  }
}

void set_extra(Json& config, ExtraTokens tokens) {
  config.erase(kExtra);
  config.erase(kAdditional);
  if (tokens.listed) {  // Transformers 4 reads a list from the old key alone
    config[kAdditional] = *std::move(tokens.listed);
  }
  if (!tokens.named.empty()) {
    config[kExtra] = std::move(tokens.named);
  }
}

std::string content_of(const Json& token) {
  const Json content = token.is_object() ? token.value("content", Json()) : token;
  return content.is_string() ? content.get<std::string>() : std::string();
}

/// The texts of the tokens under every tokenizer's names, and of those in the list.
std::set<std::string> special_texts(const Json& config) {
  std::set<std::string> texts;
  for (const auto name : kSpecialTokenNames) {
    texts.insert(content_of(config.value(std::string(name), Json())));
  }
  if (const auto key = special_list_key(config)) {
    for (const Json& token : config.at(*key)) {
      texts.insert(content_of(token));
    }
  }
  return texts;
}

}  // namespace

Json model_tokens(const Json& config) {
  Json objects = Json::object();
  Json texts = Json::object();
  for (const auto& [key, value] : config.items()) {
    if (!is_models_own(key)) {
      continue;
    }
    if (value.is_string()) {
      texts[key] = value;
    } else if (value.is_object() && value.contains("__type")) {
      objects[key] = value;
    }
  }
  objects.update(texts);
  objects.update(extra_names(config));
  return objects;
}

std::map<std::string, std::string> model_token_texts(const Json& config) {
  std::map<std::string, std::string> texts;
  const Json tokens = model_tokens(config);
  for (const auto& [name, token] : tokens.items()) {
    texts.emplace(name, content_of(token));
  }
  return texts;
}

std::optional<std::string> special_list_key(const Json& config) {
  const auto extra = config.find(kExtra);
  const bool has_additional = config.contains(kAdditional);
  if (extra != config.end() && !extra->is_object() && !(extra->empty() && has_additional)) {
    return kExtra;
  }
  return has_additional ? std::optional<std::string>(kAdditional) : std::nullopt;
}

Json with_special_tokens_map(Json config, const Json& map) {
  if (config.contains("added_tokens_decoder") || map.empty()) {
    return config;
  }
  ExtraTokens extra = extra_tokens(config);
  for (const auto& [key, value] : map.items()) {
    if (key == kExtra) {
      merge_extra(extra, value);
    } else if (key != kAdditional &&
               !(is_models_own(key) && config.value(key, Json()).is_string())) {
      config[key] = as_in_config(key, value);
    }
  }
  if (map.contains(kAdditional) && !extra.listed) {
    extra.listed = map[kAdditional];
  }
  set_extra(config, std::move(extra));
  return config;
}

Json with_added_tokens(Json config, const Json& added, const Json& listed) {
  if (config.contains("added_tokens_decoder") || added.empty()) {
    return config;
  }
  const auto special = special_texts(config);
  const auto is_listed = [&](const Json& id) {
    return std::ranges::any_of(listed, [&](const Json& token) {
      return token.is_object() && token.value("id", Json()) == id;
    });
  };
  Json decoder = Json::object();
  for (const auto& [text, id] : added.items()) {
    check(id.is_number_integer(), ErrorKind::corrupt_data,
          "added_tokens.json: the id of '{}' must be a number, found {}", text, id.dump());
    if (!is_listed(id)) {
      const bool is_special = special.contains(text);
      decoder[id.dump()] = {
          {"content", text}, {"normalized", !is_special}, {"special", is_special}};
    }
  }
  config["added_tokens_decoder"] = std::move(decoder);
  return config;
}

}  // namespace automodel::text
