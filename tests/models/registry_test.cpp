#include "models/registry.h"

#include <gmock/gmock.h>

#include "base/known.h"
#include "models/default_configs.h"
#include "tests/models/error_of.h"

namespace automodel::models {
namespace {

Json small_llama() {
  return parse_json(
      R"({"model_type": "llama", "architectures": ["LlamaForCausalLM"], "vocab_size": 100,
    "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "rms_norm_eps": 1e-5, "torch_dtype": "bfloat16", "use_cache": true,
    "rope_theta": 500000.0, "rope_scaling": {"rope_type": "llama3", "factor": 32.0, "low_freq_factor": 1.0,
    "high_freq_factor": 4.0, "original_max_position_embeddings": 8192}, "tie_word_embeddings": true})",
      "test");
}

TEST(Registry, ReadsBothRopeDialects) {
  const auto old_dialect = small_llama();
  Json new_dialect = old_dialect;
  Json parameters = new_dialect["rope_scaling"];
  parameters["rope_theta"] = new_dialect["rope_theta"];
  new_dialect.erase("rope_scaling");
  new_dialect.erase("rope_theta");
  new_dialect.erase("torch_dtype");
  new_dialect["dtype"] = "bfloat16";
  new_dialect["rope_parameters"] = parameters;
  EXPECT_EQ(read_spec(old_dialect, "a"), read_spec(new_dialect, "b"));
  const auto spec = read_spec(old_dialect, "a");
  const auto& rope = std::get<spec::Gqa>(spec.layers[0].mixer).rope;
  ASSERT_TRUE(rope.has_value());
  EXPECT_EQ(rope->theta, 500000);
  EXPECT_EQ(std::get<spec::Llama3Scaling>(rope->scaling).factor, 32);
}

Json small_deepseek(const char* type) {
  auto config = small_llama();
  config.erase("rope_scaling");
  config.update({{"model_type", type},
                 {"num_key_value_heads", 4},
                 {"n_routed_experts", 8},
                 {"num_experts_per_tok", 2},
                 {"n_group", 1},
                 {"topk_group", 1}});
  return config;
}

TEST(Registry, LayersThatPredictFurtherTokensAreIgnored) {
  const auto model = read_spec(small_deepseek("deepseek_v3"), "a");
  EXPECT_THAT(ignored_weights(model), ::testing::ElementsAre("model.layers.2"));
  EXPECT_TRUE(ignored_weights(read_spec(small_llama(), "a")).empty());
}

TEST(Registry, DeepSeekV2RefusesOtherRouting) {
  auto config = small_deepseek("deepseek_v2");
  EXPECT_EQ(error_of(config), "no error");
  config["topk_method"] = "noaux_tc";
  EXPECT_THAT(error_of(config), ::testing::HasSubstr("'topk_method' is \"noaux_tc\""));
  config["topk_method"] = "greedy";
  config["norm_topk_prob"] = true;
  EXPECT_THAT(error_of(config), ::testing::HasSubstr("'norm_topk_prob' is true"));
  config["norm_topk_prob"] = false;
  config["mlp_bias"] = true;
  EXPECT_THAT(error_of(config), ::testing::HasSubstr("'mlp_bias' is true"));
}

TEST(Registry, KeysOfTheHubThatTransformersDoesNotLookAtAreChecked) {
  struct Case {
    const char* type;
    Json keys;
    const char* text;
  };
  const std::vector<Case> cases = {
      {"deepseek_v3", {{"scoring_func", "softmax"}}, "'scoring_func' is \"softmax\""},
      {"deepseek_v3", {{"topk_method", "greedy"}}, "'topk_method' is \"greedy\""},
      {"deepseek_v3", {{"moe_layer_freq", 2}}, "'moe_layer_freq' is 2"},
      {"deepseek_v3", {{"head_dim", 7}}, "'head_dim' is 7"},
      {"deepseek_v2", {{"scoring_func", "sigmoid"}}, "'scoring_func' is \"sigmoid\""},
      {"dots1", {{"scoring_func", "softmax"}}, "'scoring_func' is \"softmax\""},
      {"llama", {{"rope_interleaved", true}}, "'rope_interleaved' is true"},
      {"minimax_m2", {{"attn_type_list", {1, 0}}}, "'attn_type_list' is [1,0]"},
      {"hunyuan_v1_dense", {{"use_qk_norm", false}}, "'use_qk_norm' is false"},
      {"cohere2", {{"rotary_pct", 0.5}}, "'rotary_pct' is 0.5"}};
  for (const auto& [type, keys, text] : cases) {
    auto config = small_deepseek(type);
    config.update(keys);
    EXPECT_THAT(error_of(config), ::testing::HasSubstr(text)) << type;
  }
  auto config = small_deepseek("dots1");
  config["scoring_func"] = "noaux_tc";
  EXPECT_EQ(error_of(config), "no error");
  config = small_llama();
  config.update({{"model_type", "starcoder2"},
                 {"rope_scaling", nullptr},
                 {"norm_epsilon", 1e-5},
                 {"layer_norm_epsilon", 1e-5},
                 {"attention_softmax_in_fp32", true},
                 {"scale_attention_softmax_in_fp32", true},
                 {"scale_attn_weights", true}});
  EXPECT_EQ(error_of(config), "no error");
}

TEST(Registry, Axk1RefusesAnotherPatternOfSparseLayers) {
  auto config = small_deepseek("axk1");
  config["moe_layer_freq"] = 2;
  EXPECT_THAT(error_of(config), ::testing::HasSubstr("'moe_layer_freq' is 2"));
}

/// Transformers' _keys_to_ignore_on_load_missing.
TEST(Registry, Axk1NeedsNoCorrections) {
  const auto optional = [](const char* type) {
    return optional_weights(read_spec(small_deepseek(type), "t"));
  };
  EXPECT_THAT(optional("axk1"), ::testing::ElementsAre("e_score_correction_bias"));
  EXPECT_THAT(optional("deepseek_v3"), ::testing::IsEmpty());
}

TEST(Registry, Phi3HasTheRopesOfItsClass) {
  const Json factors = {{"short_factor", std::vector<int>(8, 1)},
                        {"long_factor", std::vector<int>(8, 2)},
                        {"factor", 4}};
  const auto with = [&](Json rope, bool has_factors) {
    auto config = small_llama();
    config["model_type"] = "phi3";
    rope.update(has_factors ? factors : Json({{"factor", 4}}));
    config["rope_scaling"] = rope;
    return config;
  };
  const auto refuses = ::testing::HasSubstr("supported: default, longrope with short_factor and");
  for (const char* type : {"yarn", "linear", "dynamic", "llama3"}) {
    EXPECT_THAT(error_of(with({{"rope_type", type}}, false)), refuses) << type;
  }
  EXPECT_THAT(error_of(with({{"type", "linear"}}, false)),
              ::testing::HasSubstr("'type' is \"linear\""));
  const auto long_rope = read_spec(with({{"rope_type", "longrope"}}, true), "t");
  for (const char* name : {"su", "yarn"}) {
    EXPECT_EQ(read_spec(with({{"rope_type", name}}, true), "t"), long_rope) << name;
  }
}

TEST(Registry, ATypeMayHaveAScaledRopeByDefault) {
  auto config = small_llama();
  config["model_type"] = "gpt_oss";
  config["rope_scaling"] = nullptr;
  const auto rope = known(std::get<spec::Gqa>(read_spec(config, "t").layers[0].mixer).rope);
  EXPECT_EQ(rope.theta, 500000);  // beside it
  EXPECT_EQ(std::get<spec::YarnScaling>(rope.scaling).factor, 32);
}

TEST(Registry, ATypeMayIgnoreThetaBesideItsRope) {
  auto config = small_llama();
  config["model_type"] = "gpt_neox";
  config.erase("rms_norm_eps");
  config["rope_scaling"] = nullptr;
  const auto theta = [&] {
    return known(std::get<spec::Gqa>(read_spec(config, "t").layers[0].mixer).rope).theta;
  };
  EXPECT_EQ(theta(), 10000);
  config["rotary_emb_base"] = 77;
  EXPECT_EQ(theta(), 77);
  config["rope_parameters"] = {{"rope_theta", 5}};
  EXPECT_EQ(theta(), 5);
}

TEST(Registry, ATurnedPartBesideKindsOfLayersIsRefused) {
  auto config = default_configs().at("mimo_v2_flash");
  config["partial_rotary_factor"] = 0.334;
  EXPECT_EQ(error_of(config), "no error");
  config["partial_rotary_factor"] = 0.5;
  EXPECT_THAT(error_of(config), ::testing::HasSubstr("'partial_rotary_factor' is 0.5"));
  config.erase("partial_rotary_factor");
  config["rope_scaling"] = {{"rope_type", "linear"}, {"factor", 2}};
  EXPECT_THAT(error_of(config), ::testing::HasSubstr("looks at nothing else here"));
}

TEST(Registry, RopeScalingHasTheNameOfItsTypeWhereTransformersLooks) {
  auto config = default_configs().at("gemma3_text");
  config["rope_parameters"] = nullptr;
  config["rope_scaling"] = {{"type", "linear"}, {"factor", 2}};
  EXPECT_THAT(error_of(config), ::testing::HasSubstr("supported: rope_type, as Transformers"));
  config["rope_scaling"] = {{"rope_type", "linear"}, {"factor", 2}};
  EXPECT_EQ(error_of(config), "no error");
}

TEST(Registry, TwoObjectsOfRopeAreRefused) {
  auto config = small_llama();
  config["rope_parameters"] = {{"rope_type", "default"}};
  EXPECT_THAT(error_of(config), ::testing::HasSubstr("null beside rope_parameters"));
}

TEST(Registry, AnAbsentKeyHasTransformersDefault) {
  auto config = small_llama();
  config["model_type"] = "mistral";
  config["head_dim"] = 8;
  config["num_attention_heads"] = 16;
  config.erase("num_key_value_heads");
  const auto attention = std::get<spec::Gqa>(read_spec(config, "t").layers[0].mixer);
  EXPECT_EQ(attention.kv_heads, 8);
  EXPECT_EQ(attention.window, 4096);
}

TEST(Registry, GraniteSwaWantsOneThetaPerLayer) {
  auto config = small_llama();
  config.erase("rope_scaling");
  config.update({{"model_type", "granite_swa"}, {"layer_rope_theta", {1e4, 0.0, 1e4}}});
  EXPECT_THAT(error_of(config), ::testing::HasSubstr("layer_rope_theta has 3 entries for 2"));
}

TEST(Registry, UnknownTypeListsTheNearest) {
  auto config = small_llama();
  config["model_type"] = "lama";
  EXPECT_THAT(error_of(config), ::testing::HasSubstr("did you mean 'llama'"));
  config.erase("model_type");
  EXPECT_THAT(error_of(config), ::testing::HasSubstr("no \"model_type\""));
}

TEST(Registry, ATypeThatNeedsMoreSaysWhat) {
  auto config = small_llama();
  config["model_type"] = "xlm";
  EXPECT_THAT(error_of(config),
              ::testing::HasSubstr("'xlm' is unsupported: needs bidirectional attention"));
}

TEST(Registry, AKeyThatCouldChangeTheMathematicsIsAnError) {
  auto config = small_llama();
  config["query_rescale"] = 2.0;
  EXPECT_THAT(error_of(config), ::testing::HasSubstr("query_rescale = 2.0"));
  config["query_rescale"] = nullptr;
  EXPECT_EQ(error_of(config), "no error");
}

TEST(Registry, UnknownMathematicsIsRefusedByKeyAndValue) {
  auto config = small_llama();
  config["rope_scaling"]["rope_type"] = "spiral";
  EXPECT_THAT(error_of(config), ::testing::HasSubstr("'rope_type' is \"spiral\""));
  config = small_llama();
  config["hidden_act"] = "mish";
  EXPECT_THAT(error_of(config), ::testing::HasSubstr("'hidden_act' is \"mish\""));
}

TEST(Registry, DropoutIsRecorded) {
  auto config = small_llama();
  EXPECT_EQ(read_spec(config, "t").dropout, 0);
  config["attention_dropout"] = 0.1;
  EXPECT_EQ(read_spec(config, "t").dropout, 0.1);
}

TEST(Registry, WrongTypesAndMissingKeysNameTheKey) {
  auto config = small_llama();
  config["hidden_size"] = "64";
  EXPECT_THAT(error_of(config),
              ::testing::HasSubstr("'hidden_size' is \"64\", expected an integer"));
  config.erase("hidden_size");
  EXPECT_THAT(error_of(config), ::testing::HasSubstr("'hidden_size' is missing"));
  config = small_llama();
  config["num_key_value_heads"] = 3;
  EXPECT_THAT(error_of(config), ::testing::HasSubstr("multiple of num_key_value_heads"));
}

TEST(Registry, Gemma3KeepsItsPatternAndBothThetas) {
  const auto config =
      parse_json(R"({"model_type": "gemma3_text", "vocab_size": 100, "hidden_size": 64,
    "intermediate_size": 128, "num_hidden_layers": 7, "num_attention_heads": 4, "num_key_value_heads": 1,
    "head_dim": 32, "query_pre_attn_scalar": 16, "sliding_window": 8, "rope_theta": 1000000.0,
    "rope_local_base_freq": 10000.0, "rope_scaling": {"rope_type": "linear", "factor": 8.0}})",
                 "test");
  const auto spec = read_spec(config, "config.json");
  const auto& local = std::get<spec::Gqa>(spec.layers[0].mixer);
  const auto& global = std::get<spec::Gqa>(spec.layers[5].mixer);
  EXPECT_EQ(local.window, 8);
  EXPECT_FALSE(global.window.has_value());
  EXPECT_EQ(local.rope->theta, 10000);
  EXPECT_TRUE(std::holds_alternative<std::monostate>(local.rope->scaling));
  EXPECT_TRUE(std::holds_alternative<spec::LinearScaling>(global.rope->scaling));
  EXPECT_EQ(global.scale, 0.25);
  EXPECT_EQ(spec.embedding_scale, 8);
}

Json small(const char* type, const Json& more) {
  Json config = {{"model_type", type},
                 {"vocab_size", 100},
                 {"hidden_size", 64},
                 {"num_hidden_layers", 2},
                 {"num_attention_heads", 8}};
  config.update(more);
  return config;
}

TEST(Registry, Gpt2sDialect) {
  const Json config = {{"model_type", "gpt2"}, {"vocab_size", 100}, {"n_embd", 64},
                       {"n_layer", 2},         {"n_head", 8},       {"n_positions", 32},
                       {"n_inner", nullptr},   {"n_ctx", 32},       {"pad_token_id", 3}};
  const auto model = read_spec(config, "t");
  EXPECT_EQ(model.max_positions, 32);
  EXPECT_EQ(model.positions, (spec::LearnedPositions{.count = 32}));
  EXPECT_EQ(std::get<spec::Mlp>(model.layers[1].ffn).inner, 256);
  EXPECT_EQ(model.pad_token_id, std::nullopt);
  auto by_depth = config;
  by_depth["scale_attn_by_inverse_layer_idx"] = true;
  by_depth["scale_attn_weights"] = false;
  EXPECT_EQ(std::get<spec::Gqa>(read_spec(by_depth, "t").layers[1].mixer).scale, 0.5);
}

TEST(Registry, Opt350mHasNormsBehindTheSums) {
  const auto model = read_spec(small("opt", {{"max_position_embeddings", 32},
                                             {"ffn_dim", 96},
                                             {"word_embed_proj_dim", 16},
                                             {"do_layer_norm_before", false}}),
                               "t");
  EXPECT_FALSE(model.has_final_norm);
  const auto map = weight_map(model);
  const auto has = [&](const std::string& name) {
    return std::ranges::count(map, name, &spec::StoredTensor::name) == 1;
  };
  EXPECT_TRUE(has("model.decoder.layers.1.self_attn_layer_norm.weight"));
  EXPECT_TRUE(has("model.decoder.layers.1.final_layer_norm.weight"));
  EXPECT_TRUE(has("model.decoder.project_out.weight"));
}

TEST(Registry, KnowsWhatOldFilesHoldAndLack) {
  const auto neox = read_spec(small("gpt_neox", {{"intermediate_size", 96}}), "t");
  EXPECT_EQ(body_prefix(neox), "gpt_neox.");
  EXPECT_EQ(stored_head_name(neox), "embed_out.weight");
  EXPECT_THAT(ignored_weights(neox), ::testing::Contains("attention.masked_bias"));
  const auto llama = read_spec(small_llama(), "t");
  EXPECT_EQ(body_prefix(llama), "model.");
  EXPECT_EQ(stored_head_name(llama), "lm_head.weight");
}

void expect_refused(const char* type, const Json& more, const std::string& text) {
  EXPECT_THAT(error_of(small(type, more)), ::testing::HasSubstr(text)) << type;
}

TEST(Registry, OldModelsRefuseOtherForms) {
  expect_refused("bloom", {{"apply_residual_connection_post_layernorm", true}},
                 "'apply_residual_connection_post_layernorm' is true");
  expect_refused("gptj", {{"rotary_dim", nullptr}}, "'rotary_dim' is null");
  expect_refused("codegen", {{"num_attention_heads", 2}}, "n_head is 2, expected a multiple of 4");
  expect_refused("gpt_neo", {{"attention_types", Json::array({1})}}, "'attention_types' is [1]");
  expect_refused("gpt_neo", {{"attention_layers", Json::array({"global", "spiral"})}},
                 "supported: global, local");
  expect_refused("gpt_neo", {{"attention_layers", Json::array({"local"})}},
                 "attention_layers has 1 entries for 2 layers");
  expect_refused("falcon", {{"num_ln_in_parallel_attn", 2}}, "'num_ln_in_parallel_attn' is 2");
  expect_refused("falcon", {{"new_decoder_architecture", true}, {"parallel_attn", false}},
                 "'parallel_attn' is false");
  expect_refused("modernbert-decoder",
                 {{"intermediate_size", 96}, {"global_attn_every_n_layers", 0}},
                 "global_attn_every_n_layers is 0");
}

TEST(Registry, MptRefusesOtherForms) {
  expect_refused("mpt", {{"no_bias", false}}, "'no_bias' is false");
  expect_refused("mpt", {{"expansion_ratio", 3}}, "'expansion_ratio' is 3");
  expect_refused("mpt", {{"embedding_fraction", 0.5}}, "'embedding_fraction' is 0.5");
  expect_refused("mpt", {{"norm_type", "rmsnorm"}}, "'norm_type' is \"rmsnorm\"");
  const Json variants = {{"alibi", false},
                         {"prefix_lm", true},
                         {"qk_ln", true},
                         {"attn_uses_sequence_id", true},
                         {"attn_type", "multiquery_attention"}};
  for (const auto& [key, value] : variants.items()) {
    Json config = {{"attn_config", Json::object()}};
    config["attn_config"][key] = value;
    expect_refused("mpt", config, fmt::format("attn_config: '{}' is {}", key, value.dump()));
  }
}

}  // namespace
}  // namespace automodel::models
