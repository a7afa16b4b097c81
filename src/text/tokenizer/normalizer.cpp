#include "text/tokenizer/normalizer.h"

#include <array>
#include <iterator>
#include <memory>
#include <utility>

#include "base/error.h"
#include "base/known.h"
#include "text/base64.h"
#include "text/tokenizer/character_steps.h"
#include "text/tokenizer/normal_forms.h"
#include "text/tokenizer/pattern.h"
#include "text/tokenizer/precompiled.h"

namespace automodel::text {
namespace {

using Steps = std::vector<NormalizerStep>;

/// A step that needs nothing but the text.
template <typename Function>
Steps simple(const Function& function) {
  return {[function](AlignedText text, RegexScratch&) { return function(std::move(text)); }};
}

Steps bert_normalizer(const JsonNode& node) {
  BertCleaning cleaning{node.boolean_or("clean_text", true),
                        node.boolean_or("handle_chinese_chars", true), false,
                        node.boolean_or("lowercase", true)};
  cleaning.strip_accents = node.boolean_or("strip_accents", cleaning.lowercase);
  return simple([cleaning](AlignedText text) { return clean_for_bert(std::move(text), cleaning); });
}

Steps byte_level_normalizer(const JsonNode&) { return simple(to_byte_level); }
Steps lower(const JsonNode&) { return simple(lowercase); }
Steps nmt(const JsonNode&) { return simple(clean_for_nmt); }
Steps accents(const JsonNode&) { return simple(strip_accents); }

template <NormalForm form>
Steps normal_form(const JsonNode&) {
  return simple([](AlignedText text) { return to_normal_form(std::move(text), form); });
}

Steps precompiled(const JsonNode& node) {
  const JsonNode map = node.at("precompiled_charsmap");
  const auto blob = decode_base64(map.string());
  check(blob.has_value(), ErrorKind::corrupt_data, "{}: not base64", map.path());
  const auto table = std::make_shared<const PrecompiledMap>(known(blob), map.path());
  return simple([table](AlignedText text) { return table->apply(std::move(text)); });
}

Steps prepend(const JsonNode& node) {
  const std::string prefix = node.at("prepend").string();
  return simple([prefix](AlignedText text) {
    text.prepend(prefix);
    return text;
  });
}

Steps replace(const JsonNode& node) {
  return {[pattern = Pattern::from_json(node.at("pattern")), content = node.at("content").string()](
              AlignedText text, RegexScratch& scratch) {
    text.replace(pattern.find_all(text.view(), scratch), content);
    return text;
  }};
}

Steps sequence_normalizer(const JsonNode& node) {
  Steps all;
  for (const JsonNode& element : node.at("normalizers").elements()) {
    Steps steps = make_normalizer(element);
    all.insert(all.end(), std::make_move_iterator(steps.begin()),
               std::make_move_iterator(steps.end()));
  }
  return all;
}

Steps strip_ends(const JsonNode& node) {
  const bool left = node.at("strip_left").boolean();
  const bool right = node.at("strip_right").boolean();
  return simple([left, right](AlignedText text) { return strip(std::move(text), left, right); });
}

using MakeNormalizer = Steps (*)(const JsonNode&);
constexpr auto kNormalizerNames = std::to_array<std::string_view>(
    {"BertNormalizer", "ByteLevel", "Lowercase", "NFC", "NFD", "NFKC", "NFKD", "Nmt", "Precompiled",
     "Prepend", "Replace", "Sequence", "Strip", "StripAccents"});
constexpr std::array<MakeNormalizer, kNormalizerNames.size()> kNormalizerMakers = {
    bert_normalizer,
    byte_level_normalizer,
    lower,
    normal_form<kNfc>,
    normal_form<kNfd>,
    normal_form<kNfkc>,
    normal_form<kNfkd>,
    nmt,
    precompiled,
    prepend,
    replace,
    sequence_normalizer,
    strip_ends,
    accents};

}  // namespace

std::vector<NormalizerStep> make_normalizer(const JsonNode& node) {
  if (node.is_null()) {
    return {};
  }
  node.type("a normalizer", kNormalizerNames);
  return kNormalizerMakers[node.at("type").choice(kNormalizerNames)](node);
}

AlignedText normalize(const std::vector<NormalizerStep>& steps, AlignedText text,
                      RegexScratch& scratch) {
  for (const NormalizerStep& step : steps) {
    text = step(std::move(text), scratch);
  }
  return text;
}

}  // namespace automodel::text
