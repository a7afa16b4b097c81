#include "text/gguf/pre_tokenizers.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/text.h"
#include "text/split_patterns.h"

namespace automodel::text {
namespace {

using namespace split_patterns;

Json split_step(std::string_view pattern) {
  return {{"type", "Split"},
          {"pattern", {{"Regex", pattern}}},
          {"behavior", "Isolated"},
          {"invert", false}};
}

Json digits(bool individual) { return {{"type", "Digits"}, {"individual_digits", individual}}; }

Json byte_level(bool use_regex) {
  return {{"type", "ByteLevel"},
          {"add_prefix_space", false},
          {"trim_offsets", true},
          {"use_regex", use_regex}};
}

Json sequence(Json steps) { return {{"type", "Sequence"}, {"pretokenizers", std::move(steps)}}; }

Json split_then_bytes(std::string_view pattern) {
  return sequence(Json::array({split_step(pattern), byte_level(false)}));
}

Json deepseek_llm() {
  return sequence(
      Json::array({split_step("[\r\n]"), split_step(fmt::format("\\s?[{}]+", kDeepseekLetters)),
                   split_step("\\s?[!-/:-~！-／：-～‘-‟　-。]+"), split_step("\\s+$"),
                   split_step(kDeepseekCjk), digits(true), byte_level(false)}));
}

Json deepseek_coder() {
  return sequence(
      Json::array({split_step("[\r\n]"), split_step("\\s?\\p{L}+"), split_step("\\s?\\p{P}+"),
                   split_step(kDeepseekCjk), digits(true), byte_level(false)}));
}

Json deepseek_v3() {
  return sequence(Json::array({split_step("\\p{N}{1,3}"), split_step("[一-龥\u3040-ゟ゠-ヿ]+"),
                               split_step(kDeepseekV3), byte_level(false)}));
}

Json falcon() {
  return sequence(Json::array({{{"type", "Punctuation"}, {"behavior", "Contiguous"}},
                               byte_level(true),
                               digits(false),
                               split_step("[0-9][0-9][0-9]")}));
}

Json thousands(std::string_view pattern) {
  return sequence(Json::array({split_step(kThousands), split_step(pattern), byte_level(false)}));
}

Json spark() {
  return sequence(Json::array({split_step("\\p{N}{1,3}"), split_step("[一-龥\u3040-ゟ゠-ヿ]+"),
                               split_step(kSpark), split_step("\\p{N}"), byte_level(false)}));
}

Json super_bpe() {
  return sequence(
      Json::array({split_step("\\p{N}+"), split_step("(?=(\\d{3})+(?!\\d))"), byte_level(false)}));
}

Json gpt2() { return byte_level(true); }
Json digits_then_gpt2() { return sequence(Json::array({digits(true), byte_level(true)})); }
Json bloom_digits() {
  return sequence(Json::array({split_step(kBloom), digits(true), byte_level(false)}));
}
Json lines_then_qwen2() {
  return sequence(Json::array({split_step("[^\n]+|[\n]+"), split_step(kQwen2), byte_level(false)}));
}
Json digits_then_minicpm() {
  return sequence(
      Json::array({split_step("\\p{N}{1,3}"), split_step(kMiniCpm5), byte_level(false)}));
}
Json youtu() {
  return sequence(Json::array({split_step(kYoutuAsian), split_step(kYoutu), byte_level(false)}));
}
Json tiny_aya() { return thousands(kGpt4o); }

/// One expression, then bytes.
template <const std::string_view& pattern>
Json one() {
  return split_then_bytes(pattern);
}

struct Row {
  std::string_view names;  // with spaces between them
  Json (*pre_tokenizer)();
  bool nfc = false;
  bool ignore_merges = false;
  bool adds_bos = false;
  bool adds_eos = false;
};

constexpr auto kRows = std::to_array<Row>({
    {"default gpt-2 phi-2 mpt olmo jina-es jina-de jina-v2-es jina-v2-de gigachat a.x-4.0 mellum "
     "modern-bert jais trillion granite-docling exaone4",
     gpt2},
    {"jina-v1-en jina-v2-code roberta-bpe", gpt2, false, false, true, true},
    {"smollm starcoder refact codeshell exaone minerva-7b mellum2", digits_then_gpt2},
    {"command-r", digits_then_gpt2, true},
    {"falcon", falcon},
    {"llama-bpe llama3 llama-v3 falcon3 falcon-h1 pixtral midm-2.0 lfm2 jina-v5-nano", one<kLlama3>,
     false, true, true},
    {"dbrx smaug-bpe chatglm-bpe", one<kLlama3>},
    {"glm4 glm5", one<kLlama3>, false, true},
    {"qwen2 deepseek-r1-qwen kormo f2llmv2 megrez", one<kQwen2>, true},
    {"qwen35", one<kQwen35>, true},
    {"stablelm2 hunyuan solar-open grok-2", one<kQwen2>},
    {"tekken", one<kTekken>, false, true, true},
    {"gpt-4o llama4 kanana2 talkie minimax-m2", one<kGpt4o>},
    {"granite-embed-multi-97m", one<kGraniteMultilingual>, false, true},
    {"deepseek-llm", deepseek_llm},
    {"deepseek-coder", deepseek_coder},
    {"deepseek-v3 hunyuan-dense joyai-llm hy_v4", deepseek_v3},
    {"spark2_5", spark},
    {"bailingmoe bailingmoe2 llada-moe", one<kBailing>},
    {"seed-coder", one<kSeedCoder>},
    {"jais-2", one<kJais2>},
    {"exaone-moe", one<kExaoneMoe>},
    {"ufakzeka", one<kUfakzeka>},
    {"minicpm5", digits_then_minicpm, false, true},
    {"bloom poro-chat gpt3-finnish", one<kBloom>},
    {"viking", bloom_digits},
    {"laguna", lines_then_qwen2},
    {"youtu", youtu, false, true},
    {"tiny_aya cohere2moe", tiny_aya},
    {"superbpe", super_bpe},
});

}  // namespace

GgufPreTokenizer gguf_pre_tokenizer(std::string_view name, std::string_view source) {
  std::vector<std::string> known;
  for (const Row& row : kRows) {
    const std::vector<std::string> names = split(row.names, ' ');
    if (std::find(names.begin(), names.end(), name) != names.end()) {
      return {.normalizer = row.nfc ? Json{{"type", "NFC"}} : Json(),
              .pre_tokenizer = row.pre_tokenizer(),
              .ignore_merges = row.ignore_merges,
              .adds_bos = row.adds_bos,
              .adds_eos = row.adds_eos};
    }
    known.insert(known.end(), names.begin(), names.end());
  }
  fail(ErrorKind::unsupported, "{}: tokenizer.ggml.pre '{}' is not supported; known are {}", source,
       name, join(known, ", "));
}

}  // namespace automodel::text
