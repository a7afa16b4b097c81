#include "tensor/gguf_config.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <numbers>
#include <vector>

#include "base/error.h"
#include "base/known.h"
#include "tensor/gguf_facts.h"
#include "tensor/gguf_vocabulary.h"

namespace automodel {
namespace {

constexpr double kDefaultTheta = 10000;
constexpr double kGemmaLocalTheta = 10000;
constexpr std::int64_t kGemmaPattern = 6;
constexpr std::int64_t kGemma27bLayers = 62;
constexpr std::int64_t kMaxLayers = 10000;
constexpr std::int32_t kControlToken = 3;  // among GGUF's types of tokens

struct Llama3Scaling {
  double factor;
  double low = 1;
  double high = 4;
  double original = 8192;
};

/// What a rotation of this wave length (in positions) is divided by.
double divisor(const Llama3Scaling& scaling, double wave_length) {
  if (wave_length < scaling.original / scaling.high) {
    return 1;
  }
  if (wave_length > scaling.original / scaling.low) {
    return scaling.factor;
  }
  const double smooth =
      (scaling.original / wave_length - scaling.low) / (scaling.high - scaling.low);
  return 1 / ((1 - smooth) / scaling.factor + smooth);
}

struct Architecture {
  std::string_view name;
  std::string_view model_type;
  std::string_view model_class;
};

constexpr Architecture kArchitectures[] = {{"llama", "llama", "LlamaForCausalLM"},
                                           {"qwen2", "qwen2", "Qwen2ForCausalLM"},
                                           {"qwen3", "qwen3", "Qwen3ForCausalLM"},
                                           {"gemma3", "gemma3_text", "Gemma3ForCausalLM"}};

const Architecture& architecture_of(const GgufFile& file, const GgufFacts& facts) {
  for (const Architecture& known : kArchitectures) {
    if (known.name == facts.architecture()) {
      return known;
    }
  }
  fail(ErrorKind::unsupported,
       "{}: GGUF architecture '{}' is not supported; supported: llama, qwen2, qwen3, gemma3",
       file.path().string(), facts.architecture());
}

std::string_view stored_dtype(const GgufFile& file) {
  switch (file.entry("token_embd.weight").type) {
    case GgmlType::bf16:
      return "bfloat16";
    case GgmlType::f16:
      return "float16";
    default:
      return "float32";
  }
}

std::int64_t head_dim(const GgufFacts& facts) {
  const std::int64_t heads = facts.count("attention.head_count");
  const auto key_length = facts.maybe_count("attention.key_length");
  const auto rotated = facts.maybe_count("rope.dimension_count");
  const std::int64_t size = key_length.value_or(facts.count("embedding_length") / heads);
  const std::int64_t value_length = facts.maybe_count("attention.value_length").value_or(size);
  check(value_length == size, ErrorKind::unsupported, "{} is {}, but keys have {}",
        facts.where("attention.value_length"), value_length, size);
  check(rotated.value_or(size) == size, ErrorKind::unsupported,
        "{} is {} of a head's {} values: partial rotation is not supported",
        facts.where("rope.dimension_count"), rotated.value_or(size), size);
  return size;
}

void add_sizes(Json& config, const GgufFile& file, const GgufFacts& facts) {
  const GgufTensor& embedding = file.entry("token_embd.weight");
  const std::int64_t vocab_size = embedding.shape.empty() ? 0 : embedding.shape.front();
  const std::int64_t stated = facts.maybe_count("vocab_size").value_or(vocab_size);
  check(stated == vocab_size, ErrorKind::corrupt_data,
        "{} is {}, but token_embd.weight has {} rows", facts.where("vocab_size"), stated,
        vocab_size);
  config["vocab_size"] = vocab_size;
  config["hidden_size"] = facts.count("embedding_length");
  config["intermediate_size"] = facts.count("feed_forward_length");
  const std::int64_t layers = facts.count("block_count");
  check(layers <= kMaxLayers, ErrorKind::corrupt_data, "{} is {}, expected at most {}",
        facts.where("block_count"), layers, kMaxLayers);
  config["num_hidden_layers"] = layers;
  const std::int64_t heads = facts.count("attention.head_count");
  config["num_attention_heads"] = heads;
  config["num_key_value_heads"] = facts.maybe_count("attention.head_count_kv").value_or(heads);
  config["head_dim"] = head_dim(facts);
  config["max_position_embeddings"] = facts.count("context_length");
  config["rms_norm_eps"] = facts.number("attention.layer_norm_rms_epsilon");
  config["tie_word_embeddings"] = !file.contains("output.weight");
}

/// rope_scaling from the keys rope.scaling.*, if there is any. A factor without a type is linear,
/// as in llama.cpp.
std::optional<Json> stated_scaling(const GgufFacts& facts) {
  const auto factor = facts.maybe_number("rope.scaling.factor");
  const std::string kind =
      facts.maybe_text("rope.scaling.type").value_or(factor.value_or(1) != 1 ? "linear" : "none");
  facts.ignore("rope.scaling.finetuned");
  const auto original = facts.maybe_count("rope.scaling.original_context_length");
  if (kind == "none") {
    return std::nullopt;
  }
  check((kind == "linear" || kind == "yarn") && factor.has_value(), ErrorKind::unsupported,
        "{} is '{}'{}; linear and yarn with a factor are supported",
        facts.where("rope.scaling.type"), kind, factor ? "" : " without a factor");
  Json scaling{{"rope_type", kind}, {"factor", known(factor)}};
  if (kind == "yarn" && original) {
    scaling["original_max_position_embeddings"] = *original;
  }
  return scaling;
}

void add_rope(Json& config, const GgufFile& file, const GgufFacts& facts) {
  const double theta = facts.maybe_number("rope.freq_base").value_or(kDefaultTheta);
  config["rope_theta"] = theta;
  auto scaling = stated_scaling(facts);
  if (file.contains("rope_freqs.weight")) {
    const ErrorContext context{"reading rope_freqs.weight of {}", file.path().string()};
    check(!scaling, ErrorKind::unsupported, "{} and rope_freqs.weight are both there",
          facts.where("rope.scaling.factor"));
    scaling = llama3_rope_scaling(file.tensor("rope_freqs.weight"), theta);
  }
  if (scaling) {
    config["rope_scaling"] = *scaling;
  }
}

void add_gemma(Json& config, const GgufFacts& facts) {
  const std::int64_t heads = config["num_attention_heads"];
  config["hidden_activation"] = "gelu_pytorch_tanh";
  config["rope_local_base_freq"] =
      facts.maybe_number("rope.freq_base_swa").value_or(kGemmaLocalTheta);
  config["sliding_window"] = facts.count("attention.sliding_window");
  const auto pattern =
      facts.maybe_count("attention.sliding_window_pattern").value_or(kGemmaPattern);
  for (std::int64_t i = 1; i <= config["num_hidden_layers"]; ++i) {
    config["layer_types"].push_back(i % pattern == 0 ? "full_attention" : "sliding_attention");
  }
  config["query_pre_attn_scalar"] = config["num_hidden_layers"] == kGemma27bLayers
                                        ? config["hidden_size"].get<std::int64_t>() / heads
                                        : config["head_dim"].get<std::int64_t>();
  config["attention_bias"] = false;
  if (const auto softcap = facts.maybe_number("final_logit_softcapping")) {
    config["final_logit_softcapping"] = *softcap;
  }
}

/// Control tokens with these texts end an answer, whatever the ids of a file say: converters often
/// write none but eos. Source: llama.cpp, llama_vocab's special_eog_ids.
constexpr auto kAnswerEnds = std::to_array<std::string_view>(
    {"<|eot_id|>", "<|eom_id|>", "<|im_end|>", "<|end|>", "<end_of_turn>", "<|endoftext|>",
     "<|end_of_text|>", "<eos>", "<EOT>", "[EOT]", "[EOS]", "<end_of_utterance>",
     "<｜end▁of▁sentence｜>"});

std::vector<std::size_t> known_answer_ends(const GgufFile& file) {
  std::vector<std::size_t> ids;
  if (!file.metadata().contains("tokenizer.ggml.tokens")) {
    return ids;
  }
  const auto vocabulary = gguf_vocabulary(file);
  const auto& types = vocabulary.token_types;
  for (std::size_t id = 0; id < std::min(types.size(), vocabulary.tokens.size()); ++id) {
    if (types[id] == kControlToken && std::ranges::count(kAnswerEnds, vocabulary.tokens[id]) > 0) {
      ids.push_back(id);
    }
  }
  return ids;
}

/// The ids that these keys of "tokenizer.ggml" have, one or a list each.
Json token_ids(const GgufFile& file, const std::vector<std::string_view>& keys) {
  Json ids = Json::array();
  for (const auto key : keys) {
    const auto full = fmt::format("tokenizer.ggml.{}", key);
    const auto found = file.metadata().find(full);
    if (found == file.metadata().end()) {
      continue;
    }
    for (const Json& id : found->second.is_array() ? found->second : Json::array({found->second})) {
      check(id.is_number_integer() && id >= 0, ErrorKind::corrupt_data,
            "{}: '{}' is not a token id or a list of such", file.path().string(), full);
      ids.push_back(id);
    }
  }
  return ids;
}

/// An answer ends at <eos>, at the end of a turn and at the end of a message, as in llama.cpp.
void add_token_ids(Json& config, const GgufFile& file) {
  Json ends = token_ids(file, {"eos_token_id", "eot_token_id", "eom_token_id", "eos_token_ids"});
  for (const std::size_t id : known_answer_ends(file)) {
    ends.push_back(id);
  }
  const auto add = [&](const char* name, const Json& ids) {
    Json distinct = Json::array();
    std::ranges::copy_if(ids, std::back_inserter(distinct), [&](const Json& id) {
      return std::ranges::find(distinct, id) == distinct.end();
    });
    if (!distinct.empty()) {
      config[name] = distinct.size() == 1 ? distinct.front() : distinct;
    }
  };
  add("bos_token_id", token_ids(file, {"bos_token_id"}));
  add("eos_token_id", ends);
  add("pad_token_id", token_ids(file, {"padding_token_id"}));
}

}  // namespace

std::optional<Json> llama3_rope_scaling(const Tensor& factors, double theta) {
  const Tensor found = factors.to(at::kDouble).contiguous();
  check(found.dim() == 1 && found.numel() > 0, ErrorKind::unsupported,
        "expected one divisor for each frequency");
  const auto largest = static_cast<float>(found.max().item<double>());
  const Llama3Scaling scaling{.factor = std::stod(fmt::format("{}", largest))};
  const double* values = found.const_data_ptr<double>();
  for (std::int64_t i = 0; i < found.numel(); ++i) {
    const double exponent = static_cast<double>(i) / static_cast<double>(found.numel());
    const double expected = divisor(scaling, 2 * std::numbers::pi * std::pow(theta, exponent));
    check(std::abs(values[i] - expected) <= 1e-4 * expected, ErrorKind::unsupported,
          "the divisor of frequency {} is {}, where a Llama 3 scaling by {} has {}", i, values[i],
          scaling.factor, expected);
  }
  if (scaling.factor == 1) {
    return std::nullopt;
  }
  return Json{{"rope_type", "llama3"},
              {"factor", scaling.factor},
              {"low_freq_factor", scaling.low},
              {"high_freq_factor", scaling.high},
              {"original_max_position_embeddings", static_cast<std::int64_t>(scaling.original)}};
}

Json gguf_config(const GgufFile& file) {
  const GgufFacts facts(file);
  const Architecture& architecture = architecture_of(file, facts);
  Json config{{"architectures", {architecture.model_class}},
              {"model_type", architecture.model_type},
              {"dtype", stored_dtype(file)}};
  add_sizes(config, file, facts);
  add_rope(config, file, facts);
  if (architecture.name == "gemma3") {
    add_gemma(config, facts);
  } else {
    config["hidden_act"] = "silu";
  }
  if (architecture.name == "llama" || architecture.name == "qwen3") {
    config["attention_bias"] = file.contains("blk.0.attn_q.bias");
  }
  if (architecture.name == "llama") {
    config["mlp_bias"] = file.contains("blk.0.ffn_up.bias");
  }
  add_token_ids(config, file);
  facts.ignore("tensor_data_layout");
  facts.finish();
  return config;
}

}  // namespace automodel
