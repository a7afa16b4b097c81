#include "text/tokenizer.h"

#include <algorithm>

#include "base/division.h"
#include "base/parallel.h"
#include "text/tokenizer/parts.h"

namespace automodel::text {
namespace {

constexpr std::size_t kTextsPerTurn = 16;  // that a thread takes at once

void pad_all(const TokenizerParts& parts, std::span<Encoding> encodings) {
  if (!parts.lengths.padding) {
    return;
  }
  std::size_t longest = 0;
  for (const Encoding& encoding : encodings) {
    longest = std::max(longest, encoding.ids.size());
  }
  for (Encoding& encoding : encodings) {
    pad(encoding, *parts.lengths.padding, padded_length(*parts.lengths.padding, longest));
  }
}

}  // namespace

Tokenizer::Tokenizer(std::shared_ptr<const TokenizerParts> parts) : parts_(std::move(parts)) {}

Tokenizer Tokenizer::from_json(const Json& tokenizer_json, std::string_view source,
                               LoadOptions options) {
  return Tokenizer(read_tokenizer(JsonNode(tokenizer_json, std::string(source)), options));
}

Encoding Tokenizer::encode(std::string_view text, EncodeOptions options) const {
  auto workspace = parts_->workspaces.take();
  Encoding result = text::encode(*parts_, text, options, *workspace);
  if (options.apply_length_settings) {
    pad_all(*parts_, {&result, 1});
  }
  return result;
}

std::vector<Encoding> Tokenizer::encode_batch(std::span<const std::string> texts,
                                              EncodeOptions options, int num_threads) const {
  std::vector<Encoding> results(texts.size());
  const std::size_t num_turns = ceil_div(texts.size(), kTextsPerTurn);
  parallel_for(static_cast<std::int64_t>(num_turns), num_threads, [&](std::int64_t turn) {
    auto workspace = parts_->workspaces.take();
    const std::size_t begin = static_cast<std::size_t>(turn) * kTextsPerTurn;
    for (std::size_t i = begin; i < std::min(begin + kTextsPerTurn, texts.size()); ++i) {
      results[i] = text::encode(*parts_, texts[i], options, *workspace);
    }
  });
  if (options.apply_length_settings) {
    pad_all(*parts_, results);
  }
  return results;
}

std::string Tokenizer::decode(std::span<const std::int32_t> ids, bool skip_special_tokens) const {
  std::vector<std::string> tokens;
  tokens.reserve(ids.size());
  for (const std::int32_t id : ids) {
    if (skip_special_tokens && is_special(id)) {
      continue;
    }
    if (const auto added = parts_->added_by_id.find(id); added != parts_->added_by_id.end()) {
      tokens.push_back(parts_->added_forms[added->second]);
    } else if (const auto token = parts_->model->token(id)) {
      tokens.emplace_back(*token);
    }
  }
  for (const DecoderStep& step : parts_->decoder) {
    tokens = step(std::move(tokens));
  }
  std::string text;
  for (const std::string& token : tokens) {
    text += token;
  }
  return text;
}

std::optional<std::int32_t> Tokenizer::token_to_id(std::string_view token) const {
  const auto added = parts_->added_ids.find(std::string(token));
  return added != parts_->added_ids.end() ? std::optional(added->second) : parts_->model->id(token);
}

std::optional<std::string> Tokenizer::id_to_token(std::int32_t id) const {
  if (const auto added = parts_->added_by_id.find(id); added != parts_->added_by_id.end()) {
    return parts_->added_tokens[added->second].content;
  }
  const auto token = parts_->model->token(id);
  return token ? std::optional<std::string>(*token) : std::nullopt;
}

std::int32_t Tokenizer::vocab_size() const { return parts_->vocab_size; }

const std::vector<AddedToken>& Tokenizer::added_tokens() const { return parts_->added_tokens; }

bool Tokenizer::is_special(std::int32_t id) const {
  const auto added = parts_->added_by_id.find(id);
  return added != parts_->added_by_id.end() && parts_->added_tokens[added->second].special;
}

bool Tokenizer::has_special(std::string_view text) const {
  std::size_t at = 0;
  return parts_->special_texts.next(text, at).has_value();
}

bool Tokenizer::cuts_beginning() const {
  const auto& truncation = parts_->lengths.truncation;
  return truncation && truncation->direction == TextEnd::left;
}

bool Tokenizer::finds_special() const { return parts_->finds_special; }

Json Tokenizer::to_json() const {
  Json json = {
      {"version", "1.0"}, {"truncation", nullptr}, {"padding", nullptr}, {"added_tokens", nullptr}};
  for (const auto& [key, value] : parts_->settings.items()) {
    json[key] = value;
  }
  json["added_tokens"] = text::to_json(parts_->added_tokens);
  json["model"] = parts_->model->to_json();
  return json;
}

}  // namespace automodel::text
