#include "text/gguf/pre_tokenizers.h"

#include <algorithm>
#include <array>
#include <functional>

#include "base/error.h"
#include "base/text.h"

namespace automodel::text {
namespace {

constexpr std::string_view kLlama3 =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+)"
    R"(|\s+(?!\S)|\s+)";
constexpr std::string_view kQwen2 =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+)"
    R"(|\s+(?!\S)|\s+)";
constexpr std::string_view kQwen35 =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*)"
    R"(|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view kTekken =
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+)"
    R"(|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*)"
    R"(|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view kGpt4o =
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?)"
    R"(|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?)"
    R"(|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view kDeepseekV3 =
    "[!\"#$%&'()*+,\\-./"
    ":;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+"
    "| ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+";
/// Cased letters, as the tokenizer of deepseek-llm lists them.
constexpr std::string_view kDeepseekLetters =
    "A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿΆΈ-ΊΌΎ-ΡΣ-ϵϷ-ҁҊ-ԯԱ-ՖႠ-ჅᎠ-Ᏽᏸ-ᏽᲐ-ᲺᲽ-Ჿᴀ-ᴫᵫ-ᵷᵹ-ᶚḀ-ἕἘ-Ἕ"
    "ἠ-ὅὈ-Ὅὐ-ὗὙὛὝὟ-ώᾀ-ᾴᾶ-ᾼιῂ-ῄῆ-ῌῐ-ΐῖ-Ίῠ-Ῥῲ-ῴῶ-ῼℂℇℊ-ℓℕℙ-ℝℤΩℨK-ℭℯ-ℴℹℼ-ℿⅅ-ⅉⅎↃↄⰀ-ⱻⱾ-ⳤⳫ-ⳮⳲⳳꙀ-ꙭ"
    "Ꚁ-ꚛꜢ-ꝯꝱ-ꞇꞋ-ꞎꭰ-ꮿﬀ-ﬆﬓ-ﬗＡ-Ｚａ-ｚ𐐀-𐑏𐒰-𐓓𐓘-𐓻𐲀-𐲲𐳀-𐳲𑢠-𑣟𞤀-𞥃";
constexpr std::string_view kDeepseekCjk = "[一-龥ࠀ-一가-퟿]+";

Json split(std::string_view pattern) {
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
  return sequence(Json::array({split(pattern), byte_level(false)}));
}

Json deepseek_llm() {
  return sequence(Json::array({split("[\r\n]"), split(fmt::format("\\s?[{}]+", kDeepseekLetters)),
                               split("\\s?[!-/:-~！-／：-～‘-‟　-。]+"), split("\\s+$"),
                               split(kDeepseekCjk), digits(true), byte_level(false)}));
}

Json deepseek_coder() {
  return sequence(Json::array({split("[\r\n]"), split("\\s?\\p{L}+"), split("\\s?\\p{P}+"),
                               split(kDeepseekCjk), digits(true), byte_level(false)}));
}

Json deepseek_v3() {
  return sequence(Json::array({split("\\p{N}{1,3}"), split("[一-龥\u3040-ゟ゠-ヿ]+"),
                               split(kDeepseekV3), byte_level(false)}));
}

Json falcon() {
  return sequence(Json::array({{{"type", "Punctuation"}, {"behavior", "Contiguous"}},
                               byte_level(true),
                               digits(false),
                               split("[0-9][0-9][0-9]")}));
}

Json gpt2() { return byte_level(true); }
Json digits_then_gpt2() { return sequence(Json::array({digits(true), byte_level(true)})); }
Json llama3() { return split_then_bytes(kLlama3); }
Json qwen2() { return split_then_bytes(kQwen2); }
Json qwen35() { return split_then_bytes(kQwen35); }
Json tekken() { return split_then_bytes(kTekken); }
Json gpt4o() { return split_then_bytes(kGpt4o); }

struct Row {
  std::string_view name;
  Json (*pre_tokenizer)();
  bool nfc = false;
  bool ignore_merges = false;
  bool adds_bos = false;
};

constexpr auto kRows = std::to_array<Row>({
    {"", gpt2},
    {"default", gpt2},
    {"gpt-2", gpt2},
    {"phi-2", gpt2},
    {"mpt", gpt2},
    {"olmo", gpt2},
    {"smollm", digits_then_gpt2},
    {"starcoder", digits_then_gpt2},
    {"refact", digits_then_gpt2},
    {"command-r", digits_then_gpt2, true},
    {"falcon", falcon},
    {"llama-bpe", llama3, false, true, true},
    {"llama3", llama3, false, true, true},
    {"llama-v3", llama3, false, true, true},
    {"falcon3", llama3, false, true, true},
    {"lfm2", llama3, false, true, true},
    {"dbrx", llama3},
    {"smaug-bpe", llama3},
    {"qwen2", qwen2, true},
    {"deepseek-r1-qwen", qwen2, true},
    {"qwen35", qwen35},
    {"stablelm2", qwen2},
    {"tekken", tekken, false, true, true},
    {"gpt-4o", gpt4o},
    {"llama4", gpt4o},
    {"deepseek-llm", deepseek_llm},
    {"deepseek-coder", deepseek_coder},
    {"deepseek-v3", deepseek_v3},
});

}  // namespace

GgufPreTokenizer gguf_pre_tokenizer(std::string_view name, std::string_view source) {
  const auto row =
      std::find_if(kRows.begin(), kRows.end(), [&](const Row& r) { return r.name == name; });
  if (row == kRows.end()) {
    std::vector<std::string> names;
    for (std::size_t i = 1; i < kRows.size(); ++i) {
      names.emplace_back(kRows[i].name);
    }
    fail(ErrorKind::unsupported, "{}: tokenizer.ggml.pre '{}' is not supported; known are {}",
         source, name, join(names, ", "));
  }
  return {row->nfc ? Json{{"type", "NFC"}} : Json(), row->pre_tokenizer(), row->ignore_merges,
          row->adds_bos};
}

}  // namespace automodel::text
