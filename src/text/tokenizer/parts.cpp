#include "text/tokenizer/parts.h"

#include <algorithm>
#include <utility>

#include "base/error.h"

namespace automodel::text {
namespace {

const Json kNull;

JsonNode member_or_null(const JsonNode& node, std::string_view key) {
  const auto member = node.find(key);
  return member ? *member : JsonNode(kNull, fmt::format("{}.{}", node.path(), key));
}

Json settings_of(const JsonNode& node) {
  Json settings = Json::object();
  for (const auto& [key, value] : node.value().items()) {
    settings[key] = key == "model" || key == "added_tokens" ? Json() : value;
  }
  return settings;
}

void check_added_tokens(const TokenizerParts& parts, const JsonNode& node) {
  for (const AddedToken& token : parts.added_tokens) {
    const auto model_id = parts.model->id(token.content);
    check(!model_id || *model_id == token.id, ErrorKind::corrupt_data,
          "{}.added_tokens: '{}' has id {}, but {} in the vocabulary", node.path(), token.content,
          token.id, model_id.value_or(-1));
    const auto model_token = parts.model->token(token.id);
    check(!model_token || *model_token == token.content, ErrorKind::corrupt_data,
          "{}.added_tokens: id {} of '{}' belongs to '{}' in the vocabulary", node.path(), token.id,
          token.content, model_token.value_or(""));
  }
}

void check_special_parts(const TokenizerParts& parts, const JsonNode& node) {
  auto all = parts.post_processor.parts;
  const auto& pair = parts.post_processor.pair;
  all.insert(all.end(), pair ? pair->begin() : all.end(), pair ? pair->end() : all.end());
  for (const auto& part : all) {
    check(part.token < parts.vocab_size, ErrorKind::corrupt_data,
          "{}.post_processor: adds token {}, but the vocabulary ends at {}", node.path(),
          part.token, parts.vocab_size - 1);
  }
}

std::string normalized_form(const TokenizerParts& parts, const AddedToken& token) {
  RegexScratch scratch;
  const AlignedText text(token.content, {0, token.content.size()});
  return std::string(normalize(parts.normalizer, text, scratch).view());
}

void index_added_tokens(TokenizerParts& parts, LoadOptions options) {
  std::vector<AddedTokenFinder::Entry> raw;
  std::vector<AddedTokenFinder::Entry> normalized;
  std::vector<TokenTrie::Entry> special;
  for (std::size_t i = 0; i < parts.added_tokens.size(); ++i) {
    const AddedToken& token = parts.added_tokens[i];
    parts.added_by_id[token.id] = i;
    parts.added_ids[token.content] = token.id;
    parts.added_forms.push_back(token.normalized ? normalized_form(parts, token) : token.content);
    if (options.finds_special || !token.special) {
      (token.normalized ? normalized : raw).push_back({parts.added_forms.back(), token});
    }
    if (options.finds_special && token.special) {
      special.push_back({token.content, token.id});
    }
  }
  parts.special_texts = TokenTrie(special);
  parts.raw_finder = AddedTokenFinder(std::move(raw));
  parts.normalized_finder = AddedTokenFinder(std::move(normalized));
}

}  // namespace

std::shared_ptr<const TokenizerParts> read_tokenizer(const JsonNode& node, LoadOptions options) {
  auto parts = std::make_shared<TokenizerParts>();
  const std::string version = node.string_or("version", "1.0");
  check(version == "1.0", ErrorKind::unsupported, "{}: version '{}' is not supported; known is 1.0",
        node.path(), version);
  parts->pre_tokenizer = make_pre_tokenizer(member_or_null(node, "pre_tokenizer"));
  LoadedModel loaded = make_model(node.at("model"), parts->pre_tokenizer.maps_bytes);
  if (parts->pre_tokenizer.maps_bytes && !loaded.works_on_bytes) {
    parts->pre_tokenizer.steps.emplace_back(
        [](PreTokenized input, RegexScratch&) { return map_bytes(std::move(input)); });
  }
  parts->model = std::move(loaded.model);
  parts->normalizer = make_normalizer(member_or_null(node, "normalizer"));
  parts->post_processor = make_post_processor(member_or_null(node, "post_processor"));
  parts->decoder = make_decoder(member_or_null(node, "decoder"));
  parts->lengths = read_length_settings(node);
  if (const auto added = node.find("added_tokens")) {
    parts->added_tokens = read_added_tokens(*added);
  }
  parts->vocab_size = parts->model->id_limit();
  if (!parts->added_tokens.empty()) {
    parts->vocab_size = std::max(parts->vocab_size, parts->added_tokens.back().id + 1);
  }
  check_added_tokens(*parts, node);
  check_special_parts(*parts, node);
  index_added_tokens(*parts, options);
  parts->finds_special = options.finds_special;
  parts->settings = settings_of(node);
  return parts;
}

}  // namespace automodel::text
