#pragma once
// Model folders of a few kilobytes.

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string_view>

#include "base/file.h"
#include "models/registry.h"
#include "nn/parameters.h"
#include "tensor/safetensors_shards.h"
#include "tensor/weights.h"
#include "tests/tensor/temporary_folder.h"

namespace automodel::testing {

inline void write_text(const std::filesystem::path& file, std::string_view text) {
  write_file_atomic(file, text);
}

/// A llama with two layers, 8 wide, and a vocabulary of 16, with a head of its own.
inline Json tiny_config() {
  return {{"architectures", Json::array({"LlamaForCausalLM"})},
          {"model_type", "llama"},
          {"vocab_size", 16},
          {"hidden_size", 8},
          {"intermediate_size", 12},
          {"num_hidden_layers", 2},
          {"num_attention_heads", 2},
          {"num_key_value_heads", 1},
          {"max_position_embeddings", 64},
          {"rms_norm_eps", 1e-5},
          {"tie_word_embeddings", false},
          {"eos_token_id", 2},
          {"dtype", "float32"}};
}

/// Weights with names and shapes of a config, different at each seed.
inline nn::Parameters tiny_parameters(const Json& config, at::ScalarType dtype = at::kFloat,
                                      std::uint64_t seed = 1) {
  return nn::initialise(models::read_spec(config, "tiny"), dtype, seed);
}

/// Writes config.json, model.safetensors and small text files as a tokenizer's.
inline void write_tiny_model(const std::filesystem::path& folder, const Json& config,
                             const nn::Parameters& parameters) {
  std::filesystem::create_directories(folder);
  write_text(folder / "config.json", config.dump());
  std::vector<NamedTensor> tensors;
  for (const auto& parameter : parameters.all()) {
    tensors.push_back({parameter.spec.name, parameter.value});
  }
  write_safetensors(folder / kWeightsFile, tensors);
  write_text(folder / "tokenizer.json", R"({"version": "1.0"})");
  write_text(folder / "tokenizer_config.json", R"({"eos_token": "</s>"})");
}

/// The same with tiny_config() and its float32 weights.
inline void write_tiny_model(const std::filesystem::path& folder) {
  write_tiny_model(folder, tiny_config(), tiny_parameters(tiny_config()));
}

/// Takes "model." off the names of a folder's weights, as a body has them that is saved alone.
inline void strip_prefix(const std::filesystem::path& folder) {
  const std::string prefix = "model.";
  std::vector<NamedTensor> tensors;
  {
    const auto weights = open_folder_weights(folder);
    for (const auto& name : weights->names()) {
      tensors.push_back({name.starts_with(prefix) ? name.substr(prefix.size()) : name,
                         weights->tensor(name).clone()});
    }
  }
  write_safetensors(folder / kWeightsFile, tensors);
}

/// The tensors of `parameters` are bit for bit those of `expected`, in names, order and dtype.
inline void expect_same(const nn::Parameters& parameters, const nn::Parameters& expected) {
  ASSERT_EQ(parameters.all().size(), expected.all().size());
  for (std::size_t i = 0; i < expected.all().size(); ++i) {
    const auto& got = parameters.all()[i];
    const auto& want = expected.all()[i];
    EXPECT_EQ(got.spec, want.spec);
    EXPECT_EQ(got.value.scalar_type(), want.value.scalar_type()) << want.spec.name;
    EXPECT_TRUE(at::equal(got.value, want.value)) << want.spec.name;
  }
}

}  // namespace automodel::testing
