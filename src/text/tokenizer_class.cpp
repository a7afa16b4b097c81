#include "text/tokenizer_class.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "base/json_text.h"

namespace automodel::text {
namespace {

struct TypeClass {
  std::string_view model_type;
  std::string_view name;
};

/// The classes that decoders have by their model_type (TOKENIZER_MAPPING_NAMES); types of which
/// every class is taken as the folder says are not in it.
constexpr auto kClasses = std::to_array<TypeClass>({{"codegen", "GPT2Tokenizer"},
                                                    {"cohere", "CohereTokenizer"},
                                                    {"cohere2", "CohereTokenizer"},
                                                    {"dbrx", "GPT2Tokenizer"},
                                                    {"gemma", "GemmaTokenizer"},
                                                    {"gemma2", "GemmaTokenizer"},
                                                    {"gemma3", "GemmaTokenizer"},
                                                    {"gemma3_text", "GemmaTokenizer"},
                                                    {"gpt2", "GPT2Tokenizer"},
                                                    {"gpt_neo", "GPT2Tokenizer"},
                                                    {"gpt_neox", "GPTNeoXTokenizer"},
                                                    {"gptj", "GPT2Tokenizer"},
                                                    {"jais2", "GPT2Tokenizer"},
                                                    {"mpt", "GPTNeoXTokenizer"},
                                                    {"olmo", "GPTNeoXTokenizer"},
                                                    {"olmoe", "GPTNeoXTokenizer"},
                                                    {"openai-gpt", "OpenAIGPTTokenizer"},
                                                    {"opt", "GPT2Tokenizer"},
                                                    {"phi", "GPT2Tokenizer"},
                                                    {"qwen2", "Qwen2Tokenizer"},
                                                    {"qwen2_moe", "Qwen2Tokenizer"},
                                                    {"qwen3", "Qwen2Tokenizer"},
                                                    {"qwen3_5", "Qwen3_5Tokenizer"},
                                                    {"qwen3_5_moe", "Qwen3_5Tokenizer"},
                                                    {"qwen3_5_moe_text", "Qwen3_5Tokenizer"},
                                                    {"qwen3_5_text", "Qwen3_5Tokenizer"},
                                                    {"qwen3_moe", "Qwen2Tokenizer"},
                                                    {"qwen3_next", "Qwen2Tokenizer"},
                                                    {"starcoder2", "GPT2Tokenizer"}});

/// Types of which the file counts, whatever class the folder names.
constexpr auto kFileTypes = std::to_array<std::string_view>({"beam",
                                                             "ernie4_5",
                                                             "ernie4_5_moe",
                                                             "flex_olmo",
                                                             "glm",
                                                             "glm4",
                                                             "glm4_moe",
                                                             "glm4_moe_lite",
                                                             "gpt_bigcode",
                                                             "granite",
                                                             "granitemoe",
                                                             "granitemoeshared",
                                                             "hyperclovax",
                                                             "internlm2",
                                                             "internlm3",
                                                             "iquestcoder",
                                                             "jamba",
                                                             "mimo_v2_flash",
                                                             "minicpm3",
                                                             "minimax_m2",
                                                             "ministral",
                                                             "ministral3",
                                                             "mistral",
                                                             "mixtral",
                                                             "modernbert-decoder",
                                                             "nemotron",
                                                             "olmo2",
                                                             "olmo3",
                                                             "persimmon",
                                                             "phi3",
                                                             "phimoe",
                                                             "stablelm"});

/// Types whose folders on the hub name a wrong class (MODELS_WITH_INCORRECT_HUB_TOKENIZER_CLASS)
/// and that have one of their own.
constexpr auto kOwnClassCounts =
    std::to_array<std::string_view>({"qwen2", "qwen3_5", "qwen3_5_moe", "qwen3_5_moe_text"});

constexpr auto kFileClasses = std::to_array<std::string_view>(
    {"PreTrainedTokenizer", "PythonBackend", "TokenizersBackend", "BloomTokenizer"});

/// Classes that pad texts on the left.
constexpr auto kPadsLeft = std::to_array<std::string_view>(
    {"CodeLlamaTokenizer", "CohereTokenizer", "GemmaTokenizer", "LlamaTokenizer"});

bool contains(const auto& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

std::string without_fast(const std::string& name) {
  return name.ends_with("Fast") ? name.substr(0, name.size() - 4) : name;
}

/// Some folders name a class of sentencepiece beside a file that splits into bytes.
bool splits_into_bytes(const Json& tokenizer) {
  return std::ranges::any_of(
      std::to_array({"normalizer", "pre_tokenizer", "post_processor", "decoder"}),
      [&](const char* step) {
        return tokenizer.value(step, Json()).dump().find("\"ByteLevel\"") != std::string::npos;
      });
}

}  // namespace

Json file_class_keys(const Json& config, const std::string& replaced) {
  Json keys = {{"tokenizer_class", kFileClass}};
  if (!config.contains("model_input_names")) {
    keys["model_input_names"] = {"input_ids", "attention_mask"};
  }
  if (!config.contains("padding_side") && contains(kPadsLeft, without_fast(replaced))) {
    keys["padding_side"] = "left";
  }
  return keys;
}

std::string tokenizer_class(const TokenizerConfig& config, const Json& model_config,
                            const Json& tokenizer) {
  const std::string type = text_at(model_config, "model_type");
  const auto* own = std::ranges::find(kClasses, type, &TypeClass::model_type);
  const std::string registered = own == kClasses.end() ? "" : std::string(own->name);
  const std::string named =
      without_fast(config.tokenizer_class.empty() ? text_at(model_config, "tokenizer_class")
                                                  : config.tokenizer_class);
  if (contains(kFileTypes, type)) {
    return "";
  }
  const std::string chosen = named.empty() || contains(kOwnClassCounts, type) ? registered : named;
  const bool takes_file = contains(kFileClasses, chosen) ||
                          (chosen == "LlamaTokenizer" && splits_into_bytes(tokenizer));
  return takes_file ? "" : chosen;
}

}  // namespace automodel::text
