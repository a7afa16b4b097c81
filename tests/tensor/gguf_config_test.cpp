#include "tensor/gguf_config.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tests/tensor/expect_error.h"
#include "tests/tensor/gguf_builder.h"
#include "tests/tensor/temporary_folder.h"

namespace automodel {
namespace {

using testing::expect_error;
using testing::GgufBuilder;
using testing::TemporaryFolder;

Json config_of(const GgufBuilder& builder) {
  const TemporaryFolder folder;
  write_file_atomic(folder / "m.gguf", builder.bytes());
  return gguf_config(GgufFile(folder / "m.gguf"));
}

/// The facts that every architecture has, and an embedding of 3 rows.
GgufBuilder model(const std::string& architecture) {
  return GgufBuilder()
      .text("general.architecture", architecture)
      .u32(architecture + ".block_count", 2)
      .u32(architecture + ".embedding_length", 8)
      .u32(architecture + ".feed_forward_length", 16)
      .u32(architecture + ".context_length", 64)
      .u32(architecture + ".attention.head_count", 2)
      .f32(architecture + ".attention.layer_norm_rms_epsilon", 1e-5F)
      .u32("tokenizer.ggml.bos_token_id", 1)
      .u32("tokenizer.ggml.padding_token_id", 2)
      .tensor("token_embd.weight", {3, 8}, std::vector<float>(24));
}

TEST(GgufConfig, Llama) {
  EXPECT_EQ(config_of(model("llama")), Json::parse(R"({
    "architectures": ["LlamaForCausalLM"], "model_type": "llama", "dtype": "float32",
    "vocab_size": 3, "hidden_size": 8, "intermediate_size": 16, "num_hidden_layers": 2,
    "num_attention_heads": 2, "num_key_value_heads": 2, "head_dim": 4, "max_position_embeddings": 64,
    "rms_norm_eps": 1e-05, "tie_word_embeddings": true, "rope_theta": 10000.0, "hidden_act": "silu",
    "attention_bias": false, "mlp_bias": false, "bos_token_id": 1, "pad_token_id": 2})"));
}

TEST(GgufConfig, AnAnswerEndsAtEosAndAtTheEndOfATurnOrMessage) {
  const auto ends = [](GgufBuilder builder) { return config_of(builder)["eos_token_id"]; };
  const auto eos = model("llama").u32("tokenizer.ggml.eos_token_id", 2);
  EXPECT_EQ(ends(eos), 2);
  EXPECT_EQ(ends(GgufBuilder(eos).u32("tokenizer.ggml.eot_token_id", 2)), 2);
  EXPECT_EQ(ends(GgufBuilder(eos)
                     .u32("tokenizer.ggml.eot_token_id", 1)
                     .u32("tokenizer.ggml.eom_token_id", 0)),
            Json({2, 1, 0}));
  EXPECT_EQ(ends(model("llama").u32("tokenizer.ggml.eot_token_id", 1)), 1);
  EXPECT_EQ(ends(GgufBuilder(eos).numbers<std::int32_t>("tokenizer.ggml.eos_token_ids", {2, 0})),
            Json({2, 0}));
  expect_error(ErrorKind::corrupt_data, "'tokenizer.ggml.eot_token_id' is not a token id",
               [] { config_of(model("llama").text("tokenizer.ggml.eot_token_id", "x")); });
  expect_error(ErrorKind::corrupt_data,
               "'tokenizer.ggml.eos_token_ids' is not a token id or a list of such",
               [] { config_of(model("llama").texts("tokenizer.ggml.eos_token_ids", {"x"})); });
}

TEST(GgufConfig, AnAnswerEndsAtControlTokensThatAreKnownByTheirText) {
  const auto ends = [](std::int32_t type) {
    return config_of(
        model("gemma3")
            .u32("gemma3.attention.sliding_window", 512)
            .text("tokenizer.ggml.model", "llama")
            .texts("tokenizer.ggml.tokens", {"<end_of_turn>", "<eos>", "<start_of_turn>"})
            .numbers<std::int32_t>("tokenizer.ggml.token_type", {type, 3, 3})
            .u32("tokenizer.ggml.eos_token_id", 1))["eos_token_id"];
  };
  EXPECT_EQ(ends(3), Json({1, 0}));
  EXPECT_EQ(ends(4), 1);
}

TEST(GgufConfig, Qwen) {
  const Json qwen2 = config_of(model("qwen2")
                                   .u32("qwen2.attention.head_count_kv", 1)
                                   .f32("qwen2.rope.freq_base", 1e6F)
                                   .tensor("output.weight", {3, 8}, std::vector<float>(24)));
  EXPECT_EQ(qwen2["architectures"][0], "Qwen2ForCausalLM");
  EXPECT_EQ(qwen2["num_key_value_heads"], 1);
  EXPECT_EQ(qwen2["rope_theta"], 1e6);
  EXPECT_EQ(qwen2["tie_word_embeddings"], false);
  const Json qwen3 = config_of(model("qwen3")
                                   .u32("qwen3.attention.key_length", 128)
                                   .u32("qwen3.attention.value_length", 128));
  EXPECT_EQ(qwen3["architectures"][0], "Qwen3ForCausalLM");
  EXPECT_EQ(qwen3["head_dim"], 128);
}

TEST(GgufConfig, GemmaFillsInWhatTheFileLeavesOut) {
  const Json config = config_of(model("gemma3")
                                    .u32("gemma3.attention.key_length", 256)
                                    .u32("gemma3.attention.sliding_window", 512)
                                    .f32("gemma3.rope.freq_base", 1e6F));
  EXPECT_EQ(config["architectures"][0], "Gemma3ForCausalLM");
  EXPECT_EQ(config["model_type"], "gemma3_text");
  EXPECT_EQ(config["hidden_activation"], "gelu_pytorch_tanh");
  EXPECT_EQ(config["rope_local_base_freq"], 10000);
  EXPECT_EQ(config["layer_types"], Json({"sliding_attention", "sliding_attention"}));
  EXPECT_EQ(config["query_pre_attn_scalar"], 256);
  const Json patterned = config_of(model("gemma3")
                                       .u32("gemma3.attention.sliding_window", 512)
                                       .u32("gemma3.attention.sliding_window_pattern", 2));
  EXPECT_EQ(patterned["layer_types"], Json({"sliding_attention", "full_attention"}));
}

TEST(GgufConfig, RopeScaling) {
  const auto scaled = [](std::string_view kind) {
    return model("llama").text("llama.rope.scaling.type", kind).f32("llama.rope.scaling.factor", 8);
  };
  EXPECT_FALSE(config_of(scaled("none")).contains("rope_scaling"));
  EXPECT_EQ(config_of(scaled("linear"))["rope_scaling"],
            Json::parse(R"({"rope_type":"linear","factor":8.0})"));
  EXPECT_EQ(config_of(scaled("yarn").u32("llama.rope.scaling.original_context_length",
                                         32))["rope_scaling"]["original_max_position_embeddings"],
            32);
  const auto alone = [](float factor) {
    return config_of(model("llama").f32("llama.rope.scaling.factor", factor));
  };
  EXPECT_EQ(alone(8)["rope_scaling"], Json::parse(R"({"rope_type":"linear","factor":8.0})"));
  EXPECT_FALSE(alone(1).contains("rope_scaling"));
  EXPECT_EQ(config_of(scaled("yarn").flag("llama.rope.scaling.finetuned", true))["rope_scaling"],
            Json::parse(R"({"rope_type":"yarn","factor":8.0})"));
  expect_error(ErrorKind::unsupported, "'llama.rope.scaling.type' is 'longrope'",
               [&] { config_of(scaled("longrope")); });
  expect_error(ErrorKind::unsupported, "'linear' without a factor",
               [&] { config_of(model("llama").text("llama.rope.scaling.type", "linear")); });
  expect_error(ErrorKind::unsupported, "and rope_freqs.weight are both there",
               [&] { config_of(scaled("linear").tensor("rope_freqs.weight", {2}, {1, 1})); });
}

/// Llama 3.2's divisors, from transformers' _compute_llama3_parameters with head size 16.
TEST(GgufConfig, Llama3ScalingFromItsDivisors) {
  const std::vector<float> divisors = {1.0F, 1.0F, 1.0F, 1.0F, 3.2922626F, 32.0F, 32.0F, 32.0F};
  const Json config = config_of(model("llama")
                                    .f32("llama.rope.freq_base", 500000)
                                    .tensor("rope_freqs.weight", {8}, divisors));
  EXPECT_EQ(config["rope_scaling"], Json::parse(R"({"rope_type":"llama3","factor":32.0,
    "low_freq_factor":1.0,"high_freq_factor":4.0,"original_max_position_embeddings":8192})"));
  EXPECT_FALSE(llama3_rope_scaling(at::ones({8}), 500000));
  expect_error(ErrorKind::unsupported, "the divisor of frequency 1 is 2",
               [] { llama3_rope_scaling(at::tensor({1.0, 2.0, 32.0, 32.0}), 500000); });
  expect_error(ErrorKind::unsupported, "one divisor for each frequency",
               [] { llama3_rope_scaling(at::ones({2, 2}), 500000); });
}

TEST(GgufConfig, RefusesWhatItDoesNotUnderstand) {
  expect_error(ErrorKind::unsupported, "GGUF architecture 'mamba' is not supported",
               [] { config_of(model("mamba")); });
  expect_error(ErrorKind::unsupported, "llama.expert_count = 8",
               [] { config_of(model("llama").u32("llama.expert_count", 8)); });
  expect_error(ErrorKind::unsupported, "partial rotation",
               [] { config_of(model("llama").u32("llama.rope.dimension_count", 2)); });
  expect_error(ErrorKind::unsupported, "'llama.attention.value_length' is 2, but keys have 4",
               [] { config_of(model("llama").u32("llama.attention.value_length", 2)); });
}

TEST(GgufConfig, RefusesMoreLayersThanAnyModelHas) {
  const auto many = GgufBuilder()
                        .text("general.architecture", "llama")
                        .u32("llama.embedding_length", 8)
                        .u32("llama.feed_forward_length", 16)
                        .u32("llama.block_count", 2'000'000'000)
                        .tensor("token_embd.weight", {3, 8}, std::vector<float>(24));
  expect_error(ErrorKind::corrupt_data, "'llama.block_count' is 2000000000, expected at most 10000",
               [&] { config_of(many); });
}

TEST(GgufConfig, RefusesContradictions) {
  expect_error(ErrorKind::corrupt_data, "'llama.vocab_size' is 4, but token_embd.weight has 3 rows",
               [] { config_of(model("llama").u32("llama.vocab_size", 4)); });
  expect_error(ErrorKind::corrupt_data, "'tokenizer.ggml.eos_token_id' is not a token id",
               [] { config_of(model("llama").text("tokenizer.ggml.eos_token_id", "x")); });
  expect_error(ErrorKind::not_found, "has no tensor 'token_embd.weight'",
               [] { config_of(GgufBuilder().text("general.architecture", "llama")); });
}

}  // namespace
}  // namespace automodel
