#include "base/error.h"
#include "text/base64.h"
#include "text/gguf/kinds.h"
#include "text/unicode.h"

namespace automodel::text {
namespace {

Json metaspace(bool adds_space) {
  return {{"type", "Metaspace"},
          {"replacement", kSpaceMark},
          {"prepend_scheme", adds_space ? "always" : "never"},
          {"split", true}};
}

}  // namespace

/// As Transformers' T5 and XLM-R tokenizers are put together: words at white space, each with a
/// mark before it.
GgufParts unigram_parts(const GgufSource& source) {
  const auto& vocabulary = source.vocabulary;
  check(!vocabulary.scores.empty(), ErrorKind::corrupt_data,
        "{}: a unigram vocabulary without scores", source.name);
  check(vocabulary.remove_extra_whitespaces.value_or(true), ErrorKind::unsupported,
        "{}: a unigram vocabulary that keeps repeated spaces "
        "(tokenizer.ggml.remove_extra_whitespaces is false) is not supported",
        source.name);
  Json vocab = Json::array();
  for (std::size_t i = 0; i < vocabulary.tokens.size(); ++i) {
    vocab.push_back(Json::array({vocabulary.tokens[i], vocabulary.scores[i]}));
  }
  const Json space = metaspace(vocabulary.add_space_prefix.value_or(true));
  return {
      .normalizer =
          vocabulary.precompiled_charsmap.empty()
              ? Json()
              : Json{{"type", "Precompiled"},
                     {"precompiled_charsmap", encode_base64(vocabulary.precompiled_charsmap)}},
      .pre_tokenizer = {{"type", "Sequence"},
                        {"pretokenizers", Json::array({Json{{"type", "WhitespaceSplit"}}, space})}},
      .decoder = space,
      .model = {{"type", "Unigram"},
                {"unk_id", vocabulary.unk_id ? Json(*vocabulary.unk_id) : Json()},
                {"vocab", std::move(vocab)},
                {"byte_fallback", false}},
      .tokens = vocabulary.tokens,
      .adds_last = true};
}

}  // namespace automodel::text
