#pragma once
// A GGUF model of a few kilobytes.

#include <fmt/format.h>

#include <map>
#include <optional>
#include <string>

#include "tests/tensor/gguf_builder.h"

namespace automodel::testing {

/// A llama with one layer, 4 wide, and four tokens; `eot` ends a turn, as <|end|> does.
inline std::string tiny_gguf(std::optional<std::uint32_t> eot = std::nullopt) {
  GgufBuilder builder;
  builder.text("general.architecture", "llama")
      .f32("llama.attention.layer_norm_rms_epsilon", 1e-5F)
      .text("tokenizer.ggml.model", "gpt2")
      .text("tokenizer.ggml.pre", "smollm")
      .texts("tokenizer.ggml.tokens", {"<|end|>", "a", "b", "ab"})
      .numbers<std::int32_t>("tokenizer.ggml.token_type", {3, 1, 1, 1})
      .texts("tokenizer.ggml.merges", {"a b"})
      .u32("tokenizer.ggml.eos_token_id", 0);
  if (eot) {
    builder.u32("tokenizer.ggml.eot_token_id", *eot);
  }
  const std::map<std::string, std::uint32_t> sizes = {{"block_count", 1},
                                                      {"embedding_length", 4},
                                                      {"feed_forward_length", 4},
                                                      {"context_length", 64},
                                                      {"attention.head_count", 1}};
  for (const auto& [key, value] : sizes) {
    builder.u32("llama." + key, value);
  }
  for (const auto* name :
       {"attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"}) {
    builder.tensor(fmt::format("blk.0.{}.weight", name), {4, 4}, std::vector<float>(16, 0.5F));
  }
  for (const auto* name : {"blk.0.attn_norm", "blk.0.ffn_norm", "output_norm"}) {
    builder.tensor(std::string(name) + ".weight", {4}, std::vector<float>(4, 1.0F));
  }
  return builder.tensor("token_embd.weight", {4, 4}, std::vector<float>(16, 0.25F)).bytes();
}

}  // namespace automodel::testing
