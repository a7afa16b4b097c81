#include "models/unsupported.h"

#include <algorithm>
#include <array>
#include <span>

namespace automodel::models {
namespace {

using Types = std::span<const std::string_view>;

constexpr auto kEncoders = std::to_array<std::string_view>({"bert",
                                                            "bert-generation",
                                                            "big_bird",
                                                            "camembert",
                                                            "data2vec-text",
                                                            "distilbert",
                                                            "electra",
                                                            "ernie",
                                                            "megatron-bert",
                                                            "modernbert",
                                                            "rembert",
                                                            "roberta",
                                                            "roberta-prelayernorm",
                                                            "roc_bert",
                                                            "roformer",
                                                            "xlm",
                                                            "xlm-roberta",
                                                            "xlm-roberta-xl",
                                                            "xlnet",
                                                            "xmod"});
constexpr auto kEncoderDecoders = std::to_array<std::string_view>(
    {"bart", "bigbird_pegasus", "blenderbot", "blenderbot-small", "marian", "mbart", "mvp",
     "pegasus", "plbart", "prophetnet", "t5", "trocr", "whisper"});
constexpr auto kAudio = std::to_array<std::string_view>({"moshi", "musicgen", "musicgen_melody"});
constexpr auto kBytes = std::to_array<std::string_view>({"blt"});
constexpr auto kHashing = std::to_array<std::string_view>({"reformer"});

struct Need {
  Types types;
  std::string_view what;
};

constexpr auto kNeeds = std::to_array<Need>({
    {kEncoders, "bidirectional attention"},
    {kEncoderDecoders, "an encoder and cross-attention"},
    {kAudio, "audio codebooks"},
    {kBytes, "byte patches"},
    {kHashing, "attention by locality-sensitive hashing"},
});

}  // namespace

std::optional<std::string_view> missing_mathematics(std::string_view model_type) {
  for (const auto& need : kNeeds) {
    if (std::ranges::count(need.types, model_type) > 0) {
      return need.what;
    }
  }
  return std::nullopt;
}

}  // namespace automodel::models
