#include "models/shrink.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "models/default_configs.h"

namespace automodel::models {
namespace {

constexpr std::int64_t kLayers = 4;
constexpr std::int64_t kHeads = 4;
constexpr std::int64_t kVocabulary = 512;

constexpr std::string_view kLayerKeys = "num_hidden_layers n_layer n_layers num_layers";
constexpr std::string_view kHeadKeys = "num_attention_heads n_head n_heads num_heads";
constexpr std::string_view kKvHeadKeys = "num_key_value_heads num_kv_heads kv_n_heads";

/// The most that a size may be, by the names that configurations have for it.
const std::map<std::string, std::int64_t, std::less<>>& most() {
  static const std::map<std::string, std::int64_t, std::less<>> kSizes = [] {
    std::map<std::string, std::int64_t, std::less<>> out;
    const auto add = [&out](std::int64_t size, std::string_view names) {
      for (const std::string& name : split(names, ' ')) {
        out[name] = size;
      }
    };
    add(kLayers, kLayerKeys);
    add(kHeads, kHeadKeys);
    add(kHeads, "swa_num_attention_heads swa_num_key_value_heads");  // keys: twice the others'
    add(2, kKvHeadKeys);
    add(64, "hidden_size n_embd d_model word_embed_proj_dim");
    add(16, "head_dim qk_nope_head_dim v_head_dim kv_lora_rank hidden_size_per_layer_input");
    add(16, "global_head_dim swa_head_dim swa_v_head_dim");
    add(8, "qk_rope_head_dim rotary_dim num_experts n_routed_experts num_local_experts");
    add(8, "moe_num_experts");
    add(128, "intermediate_size ffn_dim ffn_hidden_size n_inner intermediate_size_mlp");
    add(128, "shared_expert_intermediate_size dense_intermediate_size");
    add(32, "moe_intermediate_size q_lora_rank expert_ffn_hidden_size expert_hidden_dim");
    add(kVocabulary, "vocab_size vocab_size_per_layer_input");
    add(2, "num_experts_per_tok moe_k moe_topk n_shared_experts num_experts_per_token");
    add(1, "n_group topk_group first_k_dense_replace num_dense_layers num_shared_experts");
    add(1, "moe_num_shared_experts");
    add(0, "num_kv_shared_layers num_nextn_predict_layers");
    return out;
  }();
  return kSizes;
}

std::optional<std::int64_t> find_size(const Json& config, std::string_view keys) {
  for (const std::string& key : split(keys, ' ')) {
    const auto found = config.find(key);
    if (found != config.end() && found->is_number_integer()) {
      return found->get<std::int64_t>();
    }
  }
  return std::nullopt;
}

/// What the whole config says, for its parts.
struct Sizes {
  std::optional<std::int64_t> layers, heads;
  bool has_latents = false;  // head_dim is then the width of the rotated part
};

Json token_id(const Json& id) {
  if (id.is_array()) {
    Json out = Json::array();
    for (const Json& one : id) {
      out.push_back(token_id(one));
    }
    return out;
  }
  return id.is_number_integer() ? Json(id.get<std::int64_t>() % kVocabulary) : id;
}

Json shrink_value(const std::string& key, const Json& value, const Sizes& sizes) {
  const bool is_size = value.is_number_integer();
  const bool is_kv_heads = std::ranges::count(split(kKvHeadKeys, ' '), key) > 0;
  if (is_size && is_kv_heads && value == Json(sizes.heads.value_or(-1))) {
    return std::min(kHeads, value.get<std::int64_t>());  // a key for each head, as before
  }
  const bool is_rotated = sizes.has_latents && key == "head_dim";
  const auto limit = most().find(is_rotated ? "qk_rope_head_dim" : key);
  if (is_size && limit != most().end()) {
    return std::min(value.get<std::int64_t>(), limit->second);
  }
  if (key.ends_with("token_id")) {
    return token_id(value);
  }
  if (value.is_object()) {
    Json out = Json::object();
    for (const auto& [name, child] : value.items()) {
      out[name] = shrink_value(name, child, sizes);
    }
    return out;
  }
  const auto size = static_cast<std::int64_t>(value.is_array() ? value.size() : 0);
  if (size > kLayers && size == sizes.layers.value_or(-1)) {
    return Json(value.begin(), value.begin() + kLayers);
  }
  return value;
}

/// What names of models have in them where their type's name does not say it, or says another: in
/// lower case, without dashes. Types may be unsupported ones. Source: the checkpoints that
/// Transformers' configurations name, and the hub's config.json of those.
constexpr auto kNamed = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"deepseekv32", "deepseek_v32"},
    {"deepseekv4", "deepseek_v4"},
    {"falcon3", "llama"},
    {"falconh1", "falcon_h1"},
    {"falconmamba", "falcon_mamba"},
    {"functiongemma", "gemma3_text"},
    {"gemma3", "gemma3_text"},
    {"gemma3n", "gemma3n"},
    {"gemma4", "gemma4_text"},
    {"glm4.5", "glm4_moe"},
    {"glm4.6", "glm4_moe"},
    {"glm4.7", "glm4_moe"},
    {"glm4.7flash", "glm4_moe_lite"},
    {"glm49bchat", "glm"},
    {"glm5", "glm_moe_dsa"},
    {"glm5.3", "glm5_next"},
    {"granite4.0", "granitemoehybrid"},
    {"llama3.1nemotron", "llama"},
    {"llama33nemotron", "nemotron-nas"},
    {"llama4", "llama4_text"},
    {"mistralsmall4", "mistral4"},
    {"moonlight", "deepseek_v3"},
    {"nemotron3", "nemotron_h"},
    {"nemotronflash", "nemotron_flash"},
    {"nemotronh", "nemotron_h"},
    {"nvidianemotron", "nemotron_h"},
    {"phi3.5moe", "phimoe"},
    {"phi4", "phi3"},
    {"phi4multimodal", "phi4_multimodal"},
    {"qwen1.5", "qwen2"},
    {"qwen1.5moe", "qwen2_moe"},
    {"qwen2.5vl", "qwen2_5_vl"},
    {"qwen3.5", "qwen3_5"},
    {"qwen3.6", "qwen3_5"},
    {"qwen3next", "qwen3_next"},
    {"qwen3vl", "qwen3_vl"},
    {"smollm", "llama"},
});

/// Letters, digits and these in lower case.
std::string plain(std::string_view text, std::string_view kept = "") {
  std::string out;
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 ||
        kept.find(c) != std::string_view::npos) {
      out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
  }
  return out;
}

/// "30b-a3b": 3 of 30 billion parameters are active.
bool names_active_parameters(const std::string& name) {
  for (std::size_t i = 0; i + 2 < name.size(); ++i) {
    const bool starts = name[i] == 'a' && i > 0 && name[i - 1] == 'b';
    if (starts && std::isdigit(static_cast<unsigned char>(name[i + 1])) != 0) {
      return true;
    }
  }
  return false;
}

}  // namespace

Json shrink_config(const Json& config) {
  const Sizes sizes{.layers = find_size(config, kLayerKeys),
                    .heads = find_size(config, kHeadKeys),
                    .has_latents = config.contains("qk_rope_head_dim")};
  return shrink_value("", config, sizes);
}

std::string type_of_name(const std::string& name) {
  const auto last = std::string_view(name).substr(name.rfind('/') + 1);
  const std::string text = plain(last), dotted = plain(last, ".");
  const auto configs = default_configs();
  std::string best;
  std::size_t longest = 0;
  const auto look_for = [&](std::string_view word, std::string_view type) {
    const bool occurs =
        text.find(word) != std::string::npos || dotted.find(word) != std::string::npos;
    if (occurs && word.size() > longest) {
      best = type;
      longest = word.size();
    }
  };
  for (const auto& [word, type] : kNamed) {
    look_for(word, type);
  }
  for (const auto& [type, config] : configs) {
    look_for(plain(type), type);
  }
  for (const std::string& routed : {best + "_moe", best + "moe"}) {
    if (names_active_parameters(text) && configs.contains(routed)) {
      return routed;
    }
  }
  return best;
}

}  // namespace automodel::models
