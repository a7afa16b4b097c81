#include <algorithm>

#include "base/error.h"
#include "text/bpe_json.h"
#include "text/gguf/kinds.h"
#include "text/score_merges.h"
#include "text/unicode.h"

namespace automodel::text {
namespace {

constexpr std::int32_t kByteType = 6;

Json pairs(const std::vector<std::pair<std::string, std::string>>& merges) {
  Json list = Json::array();
  for (const auto& [left, right] : merges) {
    list.push_back(Json::array({left, right}));
  }
  return list;
}

Json replace(std::string_view from, std::string_view to) {
  return {{"type", "Replace"}, {"pattern", {{"String", from}}}, {"content", to}};
}

/// Gemma's runs of spaces are spelled with real ones.
std::string with_marks(std::string token) {
  const std::size_t length = token.size();
  if (length > 1 && token.find_first_not_of(' ') == std::string::npos) {
    token.clear();
    for (std::size_t i = 0; i < length; ++i) {
      token += kSpaceMark;
    }
  }
  return token;
}

/// Gemma's merges follow the order of its tokens, others their scores.
std::vector<double> merge_scores(const GgufSource& source) {
  if (!source.is_gemma()) {
    return {source.vocabulary.scores.begin(), source.vocabulary.scores.end()};
  }
  std::vector<double> scores;
  for (std::size_t i = 0; i < source.vocabulary.tokens.size(); ++i) {
    scores.push_back(-static_cast<double>(i));
  }
  return scores;
}

GgufParts with_merges(const GgufSource& source, std::vector<std::string> tokens, Json merges) {
  const auto& vocabulary = source.vocabulary;
  const bool adds_space = vocabulary.add_space_prefix.value_or(!source.is_gemma());
  Json normalizer = replace(" ", kSpaceMark);
  Json decoders =
      Json::array({replace(kSpaceMark, " "), {{"type", "ByteFallback"}}, {{"type", "Fuse"}}});
  if (adds_space) {
    const Json prepend = {{"type", "Prepend"}, {"prepend", kSpaceMark}};
    normalizer = {{"type", "Sequence"}, {"normalizers", Json::array({prepend, normalizer})}};
    decoders.push_back({{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 0}});
  }
  const auto& types = vocabulary.token_types;
  const bool has_bytes = std::find(types.begin(), types.end(), kByteType) != types.end();
  const Json unknown =
      vocabulary.unk_id ? Json(tokens[static_cast<std::size_t>(*vocabulary.unk_id)]) : Json();
  return {
      .normalizer = std::move(normalizer),
      .pre_tokenizer = nullptr,
      .decoder = {{"type", "Sequence"}, {"decoders", std::move(decoders)}},
      .model = bpe_json(gguf_vocabulary_json(tokens, source), std::move(merges),
                        {{"unk_token", unknown}, {"fuse_unk", true}, {"byte_fallback", has_bytes}}),
      .tokens = std::move(tokens),
      .adds_first = true};
}

}  // namespace

GgufParts sentence_piece_parts(const GgufSource& source) {
  check(!source.vocabulary.scores.empty(), ErrorKind::corrupt_data,
        "{}: a sentencepiece vocabulary without scores", source.name);
  std::vector<std::string> tokens = source.vocabulary.tokens;
  if (source.is_gemma()) {
    std::transform(tokens.begin(), tokens.end(), tokens.begin(), with_marks);
  }
  Json merges = pairs(merges_from_scores(tokens, merge_scores(source)));
  return with_merges(source, std::move(tokens), std::move(merges));
}

GgufParts sentence_piece_with_merges(const GgufSource& source) {
  return with_merges(source, source.vocabulary.tokens, gguf_merges(source));
}

}  // namespace automodel::text
