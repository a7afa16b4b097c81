#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/known.h"
#include "base/text.h"
#include "text/base64.h"
#include "text/formats/formats.h"
#include "text/split_patterns.h"
#include "text/tokenizer/json_node.h"
#include "text/tokenizer/vocabulary.h"

namespace automodel::text {
namespace {

using Specials = std::vector<SpecialToken>;

Specials numbered(std::initializer_list<std::string_view> contents, std::int32_t first) {
  Specials specials;
  for (const std::string_view content : contents) {
    specials.push_back({std::string(content), first++});
  }
  return specials;
}

Specials qwen_specials() {
  Specials specials = numbered({"<|endoftext|>", "<|im_start|>", "<|im_end|>"}, 151643);
  for (std::int32_t i = 0; i < 205; ++i) {
    specials.push_back({fmt::format("<|extra_{}|>", i), 151646 + i});
  }
  return specials;
}

Specials qwen35_specials() {
  return numbered({"<|endoftext|>",
                   "<|im_start|>",
                   "<|im_end|>",
                   "<|object_ref_start|>",
                   "<|object_ref_end|>",
                   "<|box_start|>",
                   "<|box_end|>",
                   "<|quad_start|>",
                   "<|quad_end|>",
                   "<|vision_start|>",
                   "<|vision_end|>",
                   "<|vision_pad|>",
                   "<|image_pad|>",
                   "<|video_pad|>",
                   "<tool_call>",
                   "</tool_call>",
                   "<|fim_prefix|>",
                   "<|fim_middle|>",
                   "<|fim_suffix|>",
                   "<|fim_pad|>",
                   "<|repo_name|>",
                   "<|file_sep|>",
                   "<tool_response>",
                   "</tool_response>",
                   "<think>",
                   "</think>",
                   "<|audio_start|>",
                   "<|audio_end|>",
                   "<tts_pad>",
                   "<tts_text_bos>",
                   "<tts_text_eod>",
                   "<tts_text_bos_single>",
                   "<|audio_pad|>"},
                  248044);
}

Specials gpt2_specials() { return numbered({"<|endoftext|>"}, 50256); }
Specials o200k_specials() { return {{"<|endoftext|>", 199999}, {"<|endofprompt|>", 200018}}; }
Specials cl100k_specials() {
  Specials specials =
      numbered({"<|endoftext|>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>"}, 100257);
  specials.push_back({"<|endofprompt|>", 100276});
  return specials;
}
Specials none() { return {}; }

struct RankFile {
  std::string_view names;  // of files without their ending, and tokenizer classes
  std::string_view pattern;
  bool nfc;
  Specials (*specials)();  // where tokenizer_config.json has no added_tokens_decoder
};

constexpr auto kRankFiles = std::to_array<RankFile>({
    {"qwen QWenTokenizer", split_patterns::kQwen2, true, qwen_specials},
    {"qwen3_5 qwen3_6", split_patterns::kQwen35, true, qwen35_specials},
    {"TikTokenTokenizer", split_patterns::kKimi, false, none},  // Kimi
    {"cl100k_base", split_patterns::kCl100k, false, cl100k_specials},
    {"o200k_base", split_patterns::kGpt4o, false, o200k_specials},
    {"p50k_base r50k_base", split_patterns::kR50k, false, gpt2_specials},
});
constexpr RankFile kDefault = {"", split_patterns::kLlama3, false, none};

const RankFile& row_of(const VocabularyFile& file) {
  const JsonNode config(file.config, "tokenizer_config.json");
  const std::string stem = file.name.substr(0, file.name.find('.'));
  const std::string type = config.string_or("tokenizer_class", "");
  for (const RankFile& row : kRankFiles) {
    const std::vector<std::string> names = split(row.names, ' ');
    const auto has = [&](const std::string& name) {
      return std::find(names.begin(), names.end(), name) != names.end();
    };
    if (has(type) || (type.empty() && has(stem))) {
      return row;
    }
  }
  check(!config.find("auto_map"), ErrorKind::unsupported,
        "{}: how class '{}' splits a text into words is in code that the folder brings, which is "
        "not run here; save the tokenizer as tokenizer.json, which says it",
        file.source, type);
  return kDefault;
}

/// "IQ== 0": the token '!' of rank 0.
RankedToken parse_line(std::string_view line, const std::string& where) {
  const auto space = line.find(' ');
  auto bytes = decode_base64(line.substr(0, space));
  const std::string_view number =
      space == std::string_view::npos ? std::string_view() : line.substr(space + 1);
  const auto rank = parse_number<std::int32_t>(number).value_or(-1);
  check(bytes && !bytes->empty() && rank >= 0 && rank <= kMaxTokenId, ErrorKind::corrupt_data,
        "{}: expected a token in base64, a space and its rank", where);
  return {known(std::move(bytes)), rank};
}

std::vector<RankedToken> parse_ranks(const VocabularyFile& file) {
  std::vector<RankedToken> tokens;
  std::string_view rest = file.content;
  for (std::size_t number = 1; !rest.empty(); ++number) {
    const auto end = rest.find('\n');
    std::string_view line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    line = line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
    if (!line.empty()) {
      tokens.push_back(parse_line(line, fmt::format("{}:{}", file.source, number)));
    }
  }
  std::stable_sort(tokens.begin(), tokens.end(),
                   [](const auto& a, const auto& b) { return a.rank < b.rank; });
  const auto twice = std::adjacent_find(
      tokens.begin(), tokens.end(), [](const auto& a, const auto& b) { return a.rank == b.rank; });
  check(twice == tokens.end(), ErrorKind::corrupt_data, "{}: the rank {} is there twice",
        file.source, twice == tokens.end() ? 0 : twice->rank);
  return tokens;
}

std::int32_t parse_id(const std::string& text, const std::string& where) {
  const auto id = parse_number<std::int32_t>(text).value_or(-1);
  check(id >= 0 && id <= kMaxTokenId, ErrorKind::corrupt_data, "{}: '{}' is not a token id", where,
        text);
  return id;
}

/// The tokens of added_tokens_decoder behind the ranks, with names for the ids between them.
Specials configured(const JsonNode& decoder, std::int32_t first) {
  std::map<std::int32_t, std::string> by_id;
  for (const auto& [key, value] : decoder.value().items()) {
    const std::int32_t id = parse_id(key, decoder.path());
    const JsonNode token = decoder.at(key);
    if (id >= first) {
      by_id[id] = token.is_object() ? token.at("content").string() : token.string();
    }
  }
  Specials specials;
  for (std::int32_t id = first; !by_id.empty() && id <= by_id.rbegin()->first; ++id) {
    const auto named = by_id.find(id);
    specials.push_back(
        {named != by_id.end() ? named->second : fmt::format("<|reserved_token_{}|>", id), id});
  }
  return specials;
}

}  // namespace

TokenizerFiles read_ranks(const VocabularyFile& file) {
  const RankFile& row = row_of(file);
  const std::vector<RankedToken> tokens = parse_ranks(file);
  Json model = byte_pair_model(tokens, 0, file.source);
  const JsonNode config(file.config, "tokenizer_config.json");
  const auto decoder = config.find("added_tokens_decoder");
  Specials specials = decoder ? configured(*decoder, tokens.back().rank + 1) : row.specials();
  const std::string_view pattern = row.pattern;
  return {byte_pair_tokenizer({.model = std::move(model),
                               .pattern = pattern,
                               .nfc = row.nfc,
                               .specials = std::move(specials)}),
          Json::object()};
}

}  // namespace automodel::text
