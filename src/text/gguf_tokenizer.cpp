#include "text/gguf_tokenizer.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "text/gguf/kinds.h"
#include "text/unicode.h"

namespace automodel::text {
namespace {

// Types of tokens.
constexpr std::int32_t kUnknown = 2, kControl = 3, kUserDefined = 4;

struct Kind {
  std::string_view name;  // tokenizer.ggml.model
  GgufParts (*parts)(const GgufSource&);
};

constexpr auto kKinds = std::to_array<Kind>({{"gpt2", byte_level_parts},
                                             {"llama", sentence_piece_parts},
                                             {"gemma4", sentence_piece_with_merges},
                                             {"bert", word_piece_parts},
                                             {"t5", unigram_parts}});

const Kind& kind_of(const GgufSource& source) {
  const auto* found = std::ranges::find(kKinds, source.vocabulary.model, &Kind::name);
  if (found == kKinds.end()) {
    std::vector<std::string> names;
    for (const Kind& kind : kKinds) {
      names.emplace_back(kind.name);
    }
    fail(ErrorKind::unsupported, "{}: tokenizer.ggml.model '{}' is not supported; known are {}",
         source.name, source.vocabulary.model, join(names, ", "));
  }
  return *found;
}

/// A special token by the name that tokenizer_config.json has for it.
struct NamedId {
  const char* name;
  std::optional<std::int32_t> id;
};

std::array<NamedId, 7> special_ids(const GgufVocabulary& vocabulary) {
  return {{{"bos_token", vocabulary.bos_id},
           {"eos_token", vocabulary.eos_id},
           {"pad_token", vocabulary.pad_id},
           {"unk_token", vocabulary.unk_id},
           {"sep_token", vocabulary.sep_id},
           {"cls_token", vocabulary.cls_id},
           {"mask_token", vocabulary.mask_id}}};
}

void check_lists(const GgufSource& source) {
  const GgufVocabulary& vocabulary = source.vocabulary;
  const std::size_t count = vocabulary.tokens.size();
  check(count > 0, ErrorKind::corrupt_data, "{}: there are no tokenizer.ggml.tokens", source.name);
  const auto check_size = [&](std::string_view name, std::size_t size) {
    check(size == 0 || size == count, ErrorKind::corrupt_data, "{}: {} {} for {} tokens",
          source.name, size, name, count);
  };
  check_size("scores", vocabulary.scores.size());
  check_size("token types", vocabulary.token_types.size());
  for (std::size_t i = 0; i < count; ++i) {
    check(!find_invalid_utf8(vocabulary.tokens[i]), ErrorKind::corrupt_data,
          "{}: token {} is not valid UTF-8", source.name, i);
  }
  for (const auto& [name, id] : special_ids(vocabulary)) {
    check(!id || (*id >= 0 && static_cast<std::size_t>(*id) < count), ErrorKind::corrupt_data,
          "{}: the id {} of the {} is outside the vocabulary of {} tokens", source.name,
          id.value_or(0), name, count);
  }
}

std::int32_t type_of(const GgufVocabulary& vocabulary, std::size_t id) {
  if (!vocabulary.token_types.empty()) {
    return vocabulary.token_types[id];
  }
  const auto ids = special_ids(vocabulary);
  const bool is_special = std::any_of(ids.begin(), ids.end(), [&](const NamedId& special) {
    return special.id && static_cast<std::size_t>(*special.id) == id;
  });
  return is_special ? kControl : 1;
}

Json added_tokens(const GgufVocabulary& vocabulary, const std::vector<std::string>& tokens) {
  Json list = Json::array();
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const std::int32_t type = type_of(vocabulary, i);
    const bool special = type == kControl || type == kUnknown;
    // A token that is spelled differently here (spaces) is one that merges make, not one to search
    // for.
    const bool searched = special || (type == kUserDefined && tokens[i] == vocabulary.tokens[i]);
    if (searched && !tokens[i].empty()) {
      list.push_back({{"id", i},
                      {"content", tokens[i]},
                      {"single_word", false},
                      {"lstrip", false},
                      {"rstrip", false},
                      {"normalized", false},
                      {"special", special}});
    }
  }
  return list;
}

/// The token that is added at one end of a text, if one is.
struct AddedEnd {
  std::optional<std::int32_t> id;
  std::string_view name;
};

std::optional<std::int32_t> added_end(const GgufSource& source, bool is_added, AddedEnd end) {
  check(!is_added || end.id, ErrorKind::corrupt_data,
        "{}: it adds the {} token but does not say which it is", source.name, end.name);
  return is_added ? end.id : std::nullopt;
}

Json post_processor(const std::vector<std::string>& tokens, std::optional<std::int32_t> first,
                    std::optional<std::int32_t> last) {
  Json single = Json::array();
  Json pair = Json::array();
  Json specials = Json::object();
  const auto add_special = [&](std::optional<std::int32_t> id) {
    if (!id) {
      return;
    }
    const std::string& token = tokens[static_cast<std::size_t>(*id)];
    specials[token] = {
        {"id", token}, {"ids", Json::array({*id})}, {"tokens", Json::array({token})}};
    single.push_back({{"SpecialToken", {{"id", token}, {"type_id", 0}}}});
    pair.push_back({{"SpecialToken", {{"id", token}, {"type_id", 0}}}});
  };
  add_special(first);
  single.push_back({{"Sequence", {{"id", "A"}, {"type_id", 0}}}});
  pair.push_back({{"Sequence", {{"id", "A"}, {"type_id", 0}}}});
  pair.push_back({{"Sequence", {{"id", "B"}, {"type_id", 1}}}});
  add_special(last);
  return {{"type", "TemplateProcessing"},
          {"single", single},
          {"pair", pair},
          {"special_tokens", specials}};
}

/// The one template as text, several as tokenizer_config.json lists them.
Json chat_template(const std::map<std::string, std::string>& templates) {
  if (templates.size() == 1 && templates.contains("default")) {
    return templates.at("default");
  }
  Json list = Json::array();
  for (const auto& [name, source] : templates) {
    list.push_back({{"name", name}, {"template", source}});
  }
  return list;
}

Json config(const GgufVocabulary& vocabulary, const std::vector<std::string>& tokens) {
  Json json = {{"tokenizer_class", "PreTrainedTokenizerFast"},
               {"clean_up_tokenization_spaces", false}};
  for (const auto& [name, id] : special_ids(vocabulary)) {
    if (id) {
      json[name] = tokens[static_cast<std::size_t>(*id)];
    }
  }
  if (!vocabulary.chat_templates.empty()) {
    json["chat_template"] = chat_template(vocabulary.chat_templates);
  }
  return json;
}

}  // namespace

TokenizerFiles tokenizer_from_gguf(const GgufVocabulary& vocabulary, std::string_view architecture,
                                   std::string_view source_name) {
  const GgufSource source{vocabulary, architecture, source_name};
  check_lists(source);
  GgufParts parts = kind_of(source).parts(source);
  const auto first = added_end(source, vocabulary.add_bos.value_or(parts.adds_first),
                               {parts.first ? parts.first : vocabulary.bos_id, "bos"});
  const auto last = added_end(source, vocabulary.add_eos.value_or(parts.adds_last),
                              {parts.last ? parts.last : vocabulary.eos_id, "eos"});
  Json tokenizer = {{"version", "1.0"},
                    {"truncation", nullptr},
                    {"padding", nullptr},
                    {"added_tokens", added_tokens(vocabulary, parts.tokens)},
                    {"normalizer", std::move(parts.normalizer)},
                    {"pre_tokenizer", std::move(parts.pre_tokenizer)},
                    {"post_processor", post_processor(parts.tokens, first, last)},
                    {"decoder", std::move(parts.decoder)},
                    {"model", std::move(parts.model)}};
  Json settings = config(vocabulary, parts.tokens);
  if (!parts.first && !parts.last) {  // else Transformers would add bos and eos instead of these
    settings["add_bos_token"] = first.has_value();
    settings["add_eos_token"] = last.has_value();
  }
  return {std::move(tokenizer), std::move(settings)};
}

}  // namespace automodel::text
