// Keys of files on the hub that Transformers' classes do not read: they are ignored, or checked
// where they say what the class has fixed. That they change nothing in Transformers is proven by
// tests/parity/test_ignored_keys.py.

#include <gmock/gmock.h>

#include <vector>

#include "base/text.h"
#include "models/default_configs.h"
#include "models/overrides.h"
#include "models/registry.h"
#include "models/shrink.h"
#include "tests/models/error_of.h"

namespace automodel::models {
namespace {

using ::testing::HasSubstr;

/// "model": whose; "type": which, of `layers` layers if that is given; "keys": what its file says
/// besides; "refused": other values of these.
constexpr auto* kReleasedFiles = R"(
{"model": "Qwen/Qwen3-Coder-30B-A3B-Instruct", "type": "qwen3_moe", "keys": {"use_qk_norm": true, "qkv_bias": false, "shared_expert_intermediate_size": 0}, "refused": {"use_qk_norm": false, "qkv_bias": true, "shared_expert_intermediate_size": 64}}
{"model": "Qwen/Qwen2.5-7B-Instruct-1M", "type": "qwen2", "keys": {"dual_chunk_attention_config": {"chunk_size": 262144, "local_size": 8192}}, "refused": {}}
{"model": "tencent/Hunyuan-7B-Instruct", "type": "hunyuan_v1_dense", "keys": {"dense_list": [4096, 0], "pad_id": 127961}, "refused": {}}
{"model": "tencent/Hunyuan-A13B-Instruct", "type": "hunyuan_v1_moe", "keys": {"dense_list": [4096, 0], "pad_id": 127961}, "refused": {}}
{"model": "tencent/Hy3-preview", "type": "hy_v3", "keys": {"route_norm": true, "qk_norm": true, "moe_router_use_sigmoid": true, "moe_router_enable_expert_bias": true, "expert_hidden_dim": 1536, "enable_lm_head_fp32": true, "num_nextn_predict_layers": 1}, "refused": {"route_norm": false, "qk_norm": false, "moe_router_use_sigmoid": false, "moe_router_enable_expert_bias": false, "expert_hidden_dim": 768}}
{"model": "openai-community/gpt2-medium", "type": "gpt2", "keys": {"n_special": 0, "predict_special_tokens": true}, "refused": {}}
{"model": "ai-forever/rugpt3large_based_on_gpt2", "type": "gpt2", "keys": {"output_past": true}, "refused": {}}
{"model": "AI-Sweden-Models/gpt-sw3-1.3b", "type": "gpt2", "keys": {"apply_query_key_layer_scaling": true, "normalize_attention_scores": true}, "refused": {"normalize_attention_scores": false}}
{"model": "XiaomiMiMo/MiMo-V2-Flash", "type": "mimo_v2_flash", "layers": 7, "keys": {"swa_rope_theta": 10000, "rope_theta": 5000000, "swa_num_attention_heads": 64, "swa_num_key_value_heads": 8, "swa_head_dim": 192, "swa_v_head_dim": 128, "attention_chunk_size": 128, "hybrid_layer_pattern": [0, 1, 1, 1, 1, 0, 1], "moe_layer_freq": [0, 1, 1, 1, 1, 1, 1], "layernorm_epsilon": 1e-05, "add_swa_attention_sink_bias": true, "add_full_attention_sink_bias": false}, "refused": {"swa_rope_theta": 20000, "rope_theta": 10000, "swa_num_attention_heads": 32, "swa_num_key_value_heads": 4, "swa_head_dim": 128, "swa_v_head_dim": 192, "hybrid_layer_pattern": [0, 1, 1, 1, 1, 1, 0], "moe_layer_freq": [0, 0, 1, 1, 1, 1, 1], "layernorm_epsilon": 1e-06, "add_swa_attention_sink_bias": false, "add_full_attention_sink_bias": true}}
{"model": "LGAI-EXAONE/K-EXAONE-236B-A23B", "type": "exaone_moe", "layers": 3, "keys": {"is_moe_layer": [false, true, true]}, "refused": {"is_moe_layer": [true, false, true]}}
{"model": "EleutherAI/polyglot-ko-1.3b", "type": "gpt_neox", "keys": {"num_steps": "global_step320000"}, "refused": {}}
{"model": "tiiuae/Falcon3-1B-Base", "type": "llama", "keys": {"activation": "swiglu"}, "refused": {"activation": "geglu"}}
{"model": "facebook/galactica-125m", "type": "opt", "keys": {"learned_embeddings": true}, "refused": {"learned_embeddings": false}}
{"model": "MiniMaxAI/MiniMax-M2", "type": "minimax_m2", "keys": {"shared_moe_mode": "sigmoid", "mlp_intermediate_size": 8192}, "refused": {}}
{"model": "what Pipeline.save_pretrained writes", "type": "qwen3", "keys": {"custom_pipelines": {"my-task": {"impl": "my_pipeline.MyPipeline"}}}, "refused": {}}
)";

struct ReleasedFile {
  std::string model;
  Json plain;    // the type's default configuration
  Json config;   // the same with the file's keys
  Json refused;  // other values of these
};

std::vector<ReleasedFile> released_files() {
  const auto defaults = default_configs();
  std::vector<ReleasedFile> files;
  for (const auto& line : split(trim(kReleasedFiles), '\n')) {
    const Json file = parse_json(line, "kReleasedFiles");
    Json plain = defaults.at(file.at("type").get<std::string>());
    if (file.contains("layers")) {
      plain = with_overrides(plain, {{"num_hidden_layers", file.at("layers")}});
    }
    if (file.at("keys").contains("rope_theta")) {
      plain.erase("rope_parameters");
    }
    Json config = plain;
    config.update(file.at("keys"));
    files.push_back({file.at("model"), plain, config, file.at("refused")});
  }
  return files;
}

TEST(ReleasedFiles, TheirKeysChangeNothing) {
  for (const auto& file : released_files()) {
    ASSERT_EQ(error_of(file.config), "no error") << file.model;
    EXPECT_EQ(read_spec(file.config, "a"), read_spec(file.plain, "a")) << file.model;
  }
}

TEST(ReleasedFiles, WhatTransformersWouldNotComputeIsRefused) {
  for (const auto& file : released_files()) {
    for (const auto& [key, value] : file.refused.items()) {
      Json config = file.config;
      config[key] = value;
      const auto found = fmt::format("'{}' is {}, which is not supported", key, value.dump());
      EXPECT_THAT(error_of(config), HasSubstr(found)) << file.model;
    }
  }
}

TEST(ReleasedFiles, ShrunkTheyStayModels) {
  for (const auto& file : released_files()) {
    EXPECT_EQ(error_of(shrink_config(file.config)), "no error") << file.model;
  }
}

TEST(ReleasedFiles, Gpt2sNormOfScoresIsItsScale) {
  auto config = default_configs().at("gpt2");
  config.update({{"scale_attn_weights", false}, {"normalize_attention_scores", false}});
  EXPECT_EQ(error_of(config), "no error");
  config["normalize_attention_scores"] = true;
  EXPECT_THAT(error_of(config), HasSubstr("'normalize_attention_scores' is true"));
}

TEST(ReleasedFiles, MimosThetasBesideRopeParametersDoNotCount) {
  auto config = default_configs().at("mimo_v2_flash");
  config["rope_parameters"]["full_attention"]["rope_theta"] = 1e7;
  const auto plain = read_spec(config, "a");
  config.update({{"rope_theta", 5e6}, {"swa_rope_theta", 1e4}});
  ASSERT_EQ(error_of(config), "no error");
  EXPECT_EQ(read_spec(config, "a"), plain);
}

TEST(ReleasedFiles, ARecipeTakesOutAKeyByNull) {
  auto config = default_configs().at("llama");
  config["query_rescale"] = 2.0;
  EXPECT_THAT(error_of(config), HasSubstr("by model.query_rescale: null;"));
  const Json off = {{"query_rescale", nullptr}};
  const auto made = with_overrides(config, off);
  EXPECT_EQ(error_of(made), "no error");
  EXPECT_EQ(with_overrides(made, off), made);
  config.erase("query_rescale");
  config["rope_parameters"].update({{"rope_type", "linear"}, {"factor", 2}, {"twist", 3}});
  EXPECT_THAT(error_of(config), HasSubstr("by model.rope_parameters.twist: null;"));
  const Json untwisted = {{"rope_parameters", {{"twist", nullptr}}}};
  EXPECT_EQ(error_of(with_overrides(config, untwisted)), "no error");
}

}  // namespace
}  // namespace automodel::models
