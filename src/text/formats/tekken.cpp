#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "base/error.h"
#include "base/known.h"
#include "text/base64.h"
#include "text/formats/formats.h"
#include "text/tokenizer/json_node.h"
#include "text/tokenizer/vocabulary.h"

namespace automodel::text {
namespace {

/// What files up to version v7 leave to the program that reads them.
constexpr auto kOldSpecials = std::to_array<std::string_view>({"<unk>",
                                                               "<s>",
                                                               "</s>",
                                                               "[INST]",
                                                               "[/INST]",
                                                               "[AVAILABLE_TOOLS]",
                                                               "[/AVAILABLE_TOOLS]",
                                                               "[TOOL_RESULTS]",
                                                               "[/TOOL_RESULTS]",
                                                               "[TOOL_CALLS]",
                                                               "[IMG]",
                                                               "<pad>",
                                                               "[IMG_BREAK]",
                                                               "[IMG_END]",
                                                               "[PREFIX]",
                                                               "[MIDDLE]",
                                                               "[SUFFIX]",
                                                               "[SYSTEM_PROMPT]",
                                                               "[/SYSTEM_PROMPT]",
                                                               "[TOOL_CONTENT]"});
constexpr auto kOldVersions = std::to_array<std::string_view>({"v1", "v2", "v3", "v7"});

std::vector<SpecialToken> old_specials(const JsonNode& config) {
  const std::string version = config.string_or("version", "");
  check(std::find(kOldVersions.begin(), kOldVersions.end(), version) != kOldVersions.end(),
        ErrorKind::corrupt_data,
        "{}: a file of version '{}' has to list its special_tokens (only v1 to v7 need not)",
        config.path(), version);
  std::vector<SpecialToken> specials;
  for (const std::string_view content : kOldSpecials) {
    specials.push_back({std::string(content), static_cast<std::int32_t>(specials.size())});
  }
  return specials;
}

std::vector<SpecialToken> listed_specials(const JsonNode& list) {
  std::map<std::int64_t, std::string> by_rank;
  for (const JsonNode& element : list.elements()) {
    const std::int64_t rank = element.at("rank").integer(kMaxTokenId);
    check(by_rank.emplace(rank, element.at("token_str").string()).second, ErrorKind::corrupt_data,
          "{}: the rank {} is there twice", element.path(), rank);
  }
  std::vector<SpecialToken> specials;
  for (const auto& [rank, content] : by_rank) {
    check(rank == static_cast<std::int64_t>(specials.size()), ErrorKind::corrupt_data,
          "{}: the ranks must be 0, 1, 2 ...; found {} in place of {}", list.path(), rank,
          specials.size());
    specials.push_back({content, static_cast<std::int32_t>(rank)});
  }
  return specials;
}

/// The special tokens with names for the ids that are kept free.
std::vector<SpecialToken> read_specials(const JsonNode& node) {
  const JsonNode config = node.at("config");
  const auto list = node.find("special_tokens");
  std::vector<SpecialToken> specials = list ? listed_specials(*list) : old_specials(config);
  const auto count = config.find("default_num_special_tokens");
  const std::int64_t wanted =
      count ? count->integer(kMaxTokenId) : static_cast<std::int64_t>(specials.size());
  check(static_cast<std::int64_t>(specials.size()) <= wanted, ErrorKind::corrupt_data,
        "{}: {} special tokens, but default_num_special_tokens is {}", node.path(), specials.size(),
        wanted);
  for (auto id = static_cast<std::int32_t>(specials.size()); id < wanted; ++id) {
    specials.push_back({fmt::format("<SPECIAL_{}>", id), id});
  }
  return specials;
}

std::vector<RankedToken> read_tokens(const JsonNode& list, std::size_t count) {
  check(count <= list.value().size(), ErrorKind::corrupt_data, "{}: {} tokens, expected {}",
        list.path(), list.value().size(), count);
  std::vector<RankedToken> tokens;
  tokens.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const JsonNode item(list.value()[i], fmt::format("{}[{}]", list.path(), i));
    const auto rank = item.find("rank");
    check(!rank || rank->integer(kMaxTokenId) == static_cast<std::int64_t>(i),
          ErrorKind::corrupt_data, "{}: the rank is not the place in the list", item.path());
    auto bytes = decode_base64(item.at("token_bytes").string());
    check(bytes && !bytes->empty(), ErrorKind::corrupt_data, "{}.token_bytes: not base64",
          item.path());
    tokens.push_back({known(std::move(bytes)), static_cast<std::int32_t>(i)});
  }
  return tokens;
}

/// So many tokens of the list that the whole has default_vocab_size.
std::size_t num_tokens(const JsonNode& node, std::size_t num_specials) {
  const JsonNode list = node.at("vocab");
  if (!list.is_array()) {
    list.wrong("a list of tokens");
  }
  const auto size = node.at("config").find("default_vocab_size");
  if (!size) {
    return list.value().size();
  }
  const auto all = static_cast<std::size_t>(size->integer(kMaxTokenId));
  check(all > num_specials, ErrorKind::corrupt_data,
        "{}: {} tokens in all, but {} of them are special", size->path(), all, num_specials);
  return all - num_specials;
}

}  // namespace

TokenizerFiles read_tekken(const Json& json, const std::string& source) {
  const JsonNode node(json, source);
  std::vector<SpecialToken> specials = read_specials(node);
  const auto shift = static_cast<std::int32_t>(specials.size());
  const auto tokens = read_tokens(node.at("vocab"), num_tokens(node, specials.size()));
  const JsonNode pattern = node.at("config").at("pattern");
  Json config = {{"tokenizer_class", "PreTrainedTokenizerFast"}};
  const std::array<std::array<const char*, 2>, 4> names = {{{"bos_token", "<s>"},
                                                            {"eos_token", "</s>"},
                                                            {"pad_token", "<pad>"},
                                                            {"unk_token", "<unk>"}}};
  for (const auto& [name, content] : names) {
    const auto is_it = [text = content](const SpecialToken& token) {
      return token.content == text;
    };
    if (std::any_of(specials.begin(), specials.end(), is_it)) {
      config[name] = content;
    }
  }
  return {byte_pair_tokenizer({.model = byte_pair_model(tokens, shift, source),
                               .pattern = pattern.string(),
                               .nfc = false,
                               .specials = std::move(specials)}),
          std::move(config)};
}

}  // namespace automodel::text
