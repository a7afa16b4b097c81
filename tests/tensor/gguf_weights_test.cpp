#include "tensor/gguf_weights.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tests/tensor/expect_error.h"
#include "tests/tensor/gguf_builder.h"
#include "tests/tensor/temporary_folder.h"

// That real files equal what Transformers loads from them is shown by
// tests/parity/test_gguf_weights.py.

namespace automodel {
namespace {

using testing::expect_error;
using testing::GgufBuilder;
using testing::TemporaryFolder;

std::unique_ptr<WeightSource> open(const GgufBuilder& builder) {
  const TemporaryFolder folder;
  write_file_atomic(folder / "m.gguf", builder.bytes());
  return open_gguf_weights(std::make_shared<const GgufFile>(folder / "m.gguf"));
}

std::vector<float> counting(std::size_t count) {
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) {
    values[i] = static_cast<float>(i);
  }
  return values;
}

GgufBuilder llama() {
  return GgufBuilder()
      .text("general.architecture", "llama")
      .u32("llama.attention.head_count", 2)
      .u32("llama.attention.head_count_kv", 1);
}

TEST(HfWeightName, PerArchitecture) {
  EXPECT_EQ(hf_weight_name("token_embd.weight", "llama"), "model.embed_tokens.weight");
  EXPECT_EQ(hf_weight_name("blk.12.attn_q.bias", "qwen2"), "model.layers.12.self_attn.q_proj.bias");
  EXPECT_EQ(hf_weight_name("blk.0.ffn_norm.weight", "llama"),
            "model.layers.0.post_attention_layernorm.weight");
  EXPECT_EQ(hf_weight_name("blk.0.ffn_norm.weight", "gemma3"),
            "model.layers.0.pre_feedforward_layernorm.weight");
  EXPECT_EQ(hf_weight_name("blk.0.post_ffw_norm.weight", "gemma3"),
            "model.layers.0.post_feedforward_layernorm.weight");
  for (const auto* name : {"blk.0.post_ffw_norm.weight", "blk.x.attn_q.weight", "blk.0.attn_q",
                           "blk.0.ffn_gate_exps.weight", "other.weight", "weight"}) {
    EXPECT_FALSE(hf_weight_name(name, "llama")) << name;
  }
}

TEST(GgufWeights, UndoesTheRowPermutationOfLlama) {
  const auto weights = open(llama()
                                .tensor("blk.0.attn_q.weight", {8, 1}, counting(8))
                                .tensor("blk.0.attn_k.bias", {4}, counting(4))
                                .tensor("blk.0.attn_v.weight", {4, 1}, counting(4)));
  // Two heads of four rows: pairs (0, 1) and (2, 3) become rows half a head apart.
  EXPECT_TRUE(at::equal(weights->tensor("model.layers.0.self_attn.q_proj.weight").view(-1),
                        at::tensor({0.0F, 2.0F, 1.0F, 3.0F, 4.0F, 6.0F, 5.0F, 7.0F})));
  EXPECT_TRUE(at::equal(weights->tensor("model.layers.0.self_attn.k_proj.bias"),
                        at::tensor({0.0F, 2.0F, 1.0F, 3.0F})));
  EXPECT_TRUE(at::equal(weights->tensor("model.layers.0.self_attn.v_proj.weight").view(-1),
                        at::arange(4, at::kFloat)));
}

TEST(GgufWeights, TakesTheOneOffGemmasNorms) {
  const auto weights = open(GgufBuilder()
                                .text("general.architecture", "gemma3")
                                .tensor("blk.0.attn_q_norm.weight", {2}, {1, 3})
                                .tensor("blk.0.attn_q.weight", {1, 2}, {1, 3}));
  EXPECT_TRUE(at::equal(weights->tensor("model.layers.0.self_attn.q_norm.weight"),
                        at::tensor({0.0F, 2.0F})));
  EXPECT_TRUE(at::equal(weights->tensor("model.layers.0.self_attn.q_proj.weight").view(-1),
                        at::tensor({1.0F, 3.0F})));
}

TEST(GgufWeights, DescribesItsWeights) {
  const auto weights = open(
      llama().tensor("output_norm.weight", {2}, {1, 2}).tensor("rope_freqs.weight", {2}, {1, 1}));
  EXPECT_EQ(weights->names(), std::vector<std::string>{"model.norm.weight"});
  EXPECT_TRUE(weights->contains("model.norm.weight"));
  EXPECT_EQ(weights->info("model.norm.weight"), (TensorInfo{at::kFloat, {2}}));
  EXPECT_EQ(weights->file("model.norm.weight").filename(), "m.gguf");
}

TEST(GgufWeights, Errors) {
  expect_error(ErrorKind::unsupported,
               "tensor 'blk.0.ffn_gate_exps.weight' of architecture 'llama'",
               [] { open(llama().tensor("blk.0.ffn_gate_exps.weight", {1}, {1})); });
  expect_error(ErrorKind::corrupt_data, "of shape [3] does not divide into 1 heads",
               [] { open(llama().tensor("blk.0.attn_k.bias", {3}, {1, 2, 3})); });
  expect_error(ErrorKind::not_found, "no weight 'lm_head.weight'",
               [] { open(llama())->tensor("lm_head.weight"); });
}

}  // namespace
}  // namespace automodel
