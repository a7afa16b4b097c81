#include <algorithm>
#include <unordered_map>

#include "base/error.h"
#include "text/bpe_json.h"
#include "text/formats/formats.h"
#include "text/tokenizer/byte_level.h"

namespace automodel::text {
namespace {

using Ranks = std::unordered_map<std::string_view, std::int32_t>;

struct Halves {
  std::int32_t left, right;  // ranks
  std::size_t split;         // bytes of the left one
};

std::vector<Halves> halves_of(std::string_view token, const Ranks& ranks) {
  std::vector<Halves> found;
  for (std::size_t split = 1; split < token.size(); ++split) {
    const auto left = ranks.find(token.substr(0, split));
    if (left == ranks.end()) {
      continue;
    }
    const auto right = ranks.find(token.substr(split));
    if (right != ranks.end()) {
      found.push_back({left->second, right->second, split});
    }
  }
  std::sort(found.begin(), found.end(), [](const Halves& a, const Halves& b) {
    return a.left != b.left ? a.left < b.left : a.right < b.right;
  });
  return found;
}

Ranks ranks_of(std::span<const RankedToken> tokens, const std::string& source) {
  Ranks ranks;
  ranks.reserve(tokens.size());
  for (const RankedToken& token : tokens) {
    check(ranks.emplace(token.bytes, token.rank).second, ErrorKind::corrupt_data,
          "{}: the token of rank {} is there twice", source, token.rank);
  }
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    check(ranks.contains(std::string_view(&c, 1)), ErrorKind::corrupt_data,
          "{}: there is no token for the byte 0x{:02X}, so some texts could not be encoded", source,
          byte);
  }
  return ranks;
}

}  // namespace

Json byte_pair_model(std::span<const RankedToken> tokens, std::int32_t shift,
                     const std::string& source) {
  const Ranks ranks = ranks_of(tokens, source);
  Json vocabulary = Json::object();
  auto& members = static_cast<Json::object_t::Container&>(vocabulary.get_ref<Json::object_t&>());
  Json merges = Json::array();
  for (const RankedToken& token : tokens) {
    members.emplace_back(to_byte_characters(token.bytes), token.rank + shift);
    for (const Halves& halves : halves_of(token.bytes, ranks)) {
      merges.push_back(Json::array({to_byte_characters(token.bytes.substr(0, halves.split)),
                                    to_byte_characters(token.bytes.substr(halves.split))}));
    }
  }
  return bpe_json(std::move(vocabulary), std::move(merges), {{"ignore_merges", true}});
}

Json byte_pair_tokenizer(BytePairTokenizer parts) {
  Json added = Json::array();
  for (const SpecialToken& special : parts.specials) {
    added.push_back({{"id", special.id},
                     {"content", special.content},
                     {"single_word", false},
                     {"lstrip", false},
                     {"rstrip", false},
                     {"normalized", false},
                     {"special", true}});
  }
  const Json split = {{"type", "Split"},
                      {"pattern", {{"Regex", parts.pattern}}},
                      {"behavior", "Isolated"},
                      {"invert", false}};
  const auto byte_level = [](bool trims, bool splits) {
    return Json{{"type", "ByteLevel"},
                {"add_prefix_space", false},
                {"trim_offsets", trims},
                {"use_regex", splits}};
  };
  return {
      {"version", "1.0"},
      {"truncation", nullptr},
      {"padding", nullptr},
      {"added_tokens", std::move(added)},
      {"normalizer", parts.nfc ? Json{{"type", "NFC"}} : Json()},
      {"pre_tokenizer",
       {{"type", "Sequence"}, {"pretokenizers", Json::array({split, byte_level(true, false)})}}},
      {"post_processor", byte_level(false, true)},
      {"decoder", byte_level(true, true)},
      {"model", std::move(parts.model)}};
}

}  // namespace automodel::text
