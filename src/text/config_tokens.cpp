#include "text/config_tokens.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "base/error.h"
#include "base/known.h"
#include "base/text.h"
#include "text/special_tokens.h"
#include "text/tokenizer/json_node.h"
#include "text/tokenizer/vocabulary.h"

namespace automodel::text {
namespace {

/// A token given as its text or as an object of content and flags.
Json entry_of(const JsonNode& node, bool special_by_default) {
  if (!node.is_object()) {
    return {{"content", node.string()}, {"normalized", false}, {"special", special_by_default}};
  }
  const bool special = node.boolean_or("special", special_by_default);
  return {{"content", node.at("content").string()},
          {"single_word", node.boolean_or("single_word", false)},
          {"lstrip", node.boolean_or("lstrip", false)},
          {"rstrip", node.boolean_or("rstrip", false)},
          {"normalized", node.boolean_or("normalized", !special)},
          {"special", special}};
}

void read_decoder(const JsonNode& decoder, ConfigTokens& tokens) {
  std::map<std::int64_t, JsonNode> by_id;
  for (const auto& [key, value] : decoder.value().items()) {
    const auto id = parse_number<std::int64_t>(key);
    check(id.has_value(), ErrorKind::corrupt_data,
          "{}: '{}' is no id; each key is the whole number of a token", decoder.path(), key);
    check(by_id.emplace(known(id), decoder.at(key)).second, ErrorKind::corrupt_data,
          "{}: two tokens of id {}; remove one", decoder.path(), known(id));
  }
  for (const auto& [id, node] : by_id) {
    tokens.tokens.push_back(
        {.entry = entry_of(node, false), .is_special = false, .sets_flags = true});
  }
}

void add_special(const JsonNode& token, ConfigTokens& tokens) {
  tokens.tokens.push_back({.entry = entry_of(token, true), .is_special = true});
}

/// Ids of the tokens in a tokenizer.json by their text.
class Places {
 public:
  Places(const Json& tokenizer, const std::string& source) : node_(tokenizer, source) {
    const JsonNode vocab = node_.at("model").at("vocab");
    if (vocab.is_array()) {
      next_ = static_cast<std::int64_t>(vocab.value().size());
    } else if (vocab.is_object()) {
      for (const auto& [token, id] : vocab.value().items()) {
        next_ = std::max(next_, id.is_number_integer() ? id.template get<std::int64_t>() + 1 : 0);
      }
    }
  }

  std::optional<std::int64_t> in_vocabulary(const std::string& token) {
    if (ids_.empty()) {
      index();
    }
    const auto found = ids_.find(token);
    return found == ids_.end() ? std::nullopt : std::optional(found->second);
  }
  void keep_free(std::int64_t id) { next_ = std::max(next_, id + 1); }
  std::int64_t take() { return next_++; }

 private:
  void index() {
    const Json& vocab = node_.at("model").at("vocab").value();
    if (vocab.is_object()) {
      for (const auto& [token, id] : vocab.items()) {
        ids_.emplace(token, id.is_number_integer() ? id.template get<std::int64_t>() : -1);
      }
      return;
    }
    for (std::size_t i = 0; i < vocab.size(); ++i) {
      if (vocab[i].is_array() && !vocab[i].empty() && vocab[i][0].is_string()) {
        ids_.emplace(vocab[i][0].get<std::string>(), static_cast<std::int64_t>(i));
      }
    }
  }

  JsonNode node_;
  std::int64_t next_ = 0;
  std::map<std::string, std::int64_t, std::less<>> ids_;
};

Json* find_added(Json& added, const std::string& content) {
  const auto found = std::find_if(added.begin(), added.end(), [&](const Json& token) {
    const auto text = token.find("content");
    return text != token.end() && *text == content;
  });
  return found == added.end() ? nullptr : &*found;
}

void apply(Json& added, const ConfigToken& token, Places& places) {
  const auto content = token.entry["content"].get<std::string>();
  if (content.empty()) {
    return;
  }
  Json* known = find_added(added, content);
  if (known != nullptr && token.sets_flags) {
    const Json id = (*known)["id"];
    *known = token.entry;
    (*known)["id"] = id;
  } else if (known == nullptr) {
    const auto place = places.in_vocabulary(content);
    added.push_back(token.entry);
    added.back()["id"] = place ? *place : places.take();
    known = &added.back();
  }
  if (token.is_special) {
    (*known)["special"] = true;
  }
}

}  // namespace

ConfigTokens config_tokens(const TokenizerConfig& config) {
  ConfigTokens tokens;
  const JsonNode node(config.raw, "tokenizer_config.json");
  if (const auto decoder = node.find("added_tokens_decoder")) {
    read_decoder(*decoder, tokens);
  }
  const std::array<std::optional<std::string>, 7> values = {
      config.bos_token, config.eos_token, config.unk_token, config.sep_token,
      config.pad_token, config.cls_token, config.mask_token};
  for (std::size_t i = 0; i < kSpecialTokenNames.size(); ++i) {
    const std::string_view name = kSpecialTokenNames[i];
    const auto raw = node.find(name);
    if (raw && raw->is_object()) {
      add_special(*raw, tokens);
    } else if (values[i]) {
      const Json text = known(values[i]);
      add_special(JsonNode(text, std::string(name)), tokens);
    }
  }
  const Json named = model_tokens(config.raw);
  for (const auto& [key, value] : named.items()) {
    add_special(JsonNode(value, node.path() + "." + key), tokens);
  }
  const auto key = special_list_key(config.raw);
  if (const auto list = key ? node.find(*key) : std::nullopt) {
    for (const JsonNode& token : list->elements()) {
      add_special(token, tokens);
    }
  }
  tokens.split_special = node.boolean_or("split_special_tokens", false);
  return tokens;
}

Json with_config_tokens(Json tokenizer, const ConfigTokens& tokens, const std::string& source) {
  if (tokens.tokens.empty()) {
    return tokenizer;
  }
  Places places(tokenizer, source);
  Json& added = tokenizer["added_tokens"];
  if (added.is_null()) {
    added = Json::array();
  }
  if (!added.is_array()) {
    return tokenizer;  // refused where it is read
  }
  for (const Json& token : added) {
    const auto id = token.is_object() ? token.find("id") : token.end();
    if (id != token.end() && id->is_number_integer()) {
      places.keep_free(id->get<std::int64_t>());
    }
  }
  for (const ConfigToken& token : tokens.tokens) {
    apply(added, token, places);
  }
  return tokenizer;
}

}  // namespace automodel::text
