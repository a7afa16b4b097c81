#include "checkpoint/load.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include "tensor/safetensors_shards.h"
#include "tests/checkpoint/tiny_model.h"
#include "tests/tensor/expect_error.h"

namespace automodel::checkpoint {
namespace {

using automodel::testing::expect_error;
using automodel::testing::expect_same;
using automodel::testing::TemporaryFolder;
using automodel::testing::tiny_config;
using automodel::testing::tiny_parameters;
using automodel::testing::write_tiny_model;

/// A tiny model whose weights a test changes before it loads them.
class LoadParameters : public ::testing::Test {
 protected:
  LoadParameters() {
    const auto parameters = tiny_parameters(config_);
    for (const auto& parameter : parameters.all()) {
      tensors_.push_back({parameter.spec.name, parameter.value.clone()});
    }
  }

  Tensor& tensor(const std::string& name) {
    return std::ranges::find(tensors_, name, &NamedTensor::name)->tensor;
  }
  void remove(const std::string& name) {
    std::erase_if(tensors_, [&](const NamedTensor& t) { return t.name == name; });
  }

  nn::Parameters load(std::optional<at::ScalarType> dtype = at::kFloat, Use use = Use::train) {
    write_tiny_model(folder_.path(), config_, {});
    write_safetensors(folder_ / kWeightsFile, tensors_);
    return load_parameters(open_model(folder_.path().string()), dtype, use);
  }
  void expect_misfit(const std::string& text) {
    expect_error(ErrorKind::corrupt_data, text, [this] { load(); });
  }

  TemporaryFolder folder_;
  Json config_ = tiny_config();
  std::vector<NamedTensor> tensors_;
};

TEST_F(LoadParameters, ReadsEveryValue) { expect_same(load(), tiny_parameters(config_)); }

TEST_F(LoadParameters, Converts) {
  expect_same(load(at::kBFloat16), tiny_parameters(config_, at::kBFloat16));
}

TEST_F(LoadParameters, KeepsWhatIsStoredIfAsked) {
  tensor("model.norm.weight") = tensor("model.norm.weight").to(at::kBFloat16);
  const auto parameters = load(std::nullopt);
  EXPECT_EQ(parameters.at("model.norm.weight").scalar_type(), at::kBFloat16);
  EXPECT_EQ(parameters.at("lm_head.weight").scalar_type(), at::kFloat);
}

TEST_F(LoadParameters, FrozenWeightsStayMapped) {
  const auto parameters = load(at::kFloat, Use::freeze);
  expect_same(parameters, tiny_parameters(config_));
  const auto again = load_parameters(open_model(folder_.path().string()), at::kFloat);
  again.at("model.norm.weight").fill_(7);  // memory of its own: the file is not written to
  expect_same(load_parameters(open_model(folder_.path().string()), at::kFloat),
              tiny_parameters(config_));
}

TEST_F(LoadParameters, NamesWhatIsMissing) {
  remove("model.layers.1.mlp.up_proj.weight");
  expect_misfit("missing: model.layers.1.mlp.up_proj.weight [12, 8]");
}

/// As the released A.X K1.
TEST_F(LoadParameters, ABufferThatAFamilyMayLackIsZero) {
  config_.update({{"model_type", "axk1"},
                  {"first_k_dense_replace", 1},
                  {"n_routed_experts", 8},
                  {"num_experts_per_tok", 2},
                  {"moe_intermediate_size", 4},
                  {"n_group", 1},
                  {"topk_group", 1},
                  {"num_key_value_heads", 2},
                  {"q_lora_rank", 4},
                  {"kv_lora_rank", 4},
                  {"qk_nope_head_dim", 4},
                  {"qk_rope_head_dim", 2},
                  {"v_head_dim", 4},
                  {"head_dim", 2}});
  const std::string bias = "mlp.gate.e_score_correction_bias";
  tensors_.clear();
  for (const auto& stored : models::weight_map(models::read_spec(config_, "tiny"))) {
    if (!stored.name.ends_with(bias)) {
      tensors_.push_back({stored.name, at::ones(stored.shape)});
    }
  }
  const auto loaded = load(at::kBFloat16).at("model.layers.1." + bias);
  EXPECT_EQ(loaded.scalar_type(), at::kFloat);
  EXPECT_TRUE(at::equal(loaded, at::zeros({8})));
  config_["model_type"] = "deepseek_v3";
  expect_misfit("missing: model.layers.1." + bias + " [8]");
}

TEST_F(LoadParameters, NamesWhatIsUnused) {
  tensors_.push_back({"model.layers.2.surplus", at::zeros({3})});
  expect_misfit("unused: model.layers.2.surplus [3]");
}

TEST_F(LoadParameters, ToleratesWhatTheFamilyKnowsNotToBeUsed) {
  write_tiny_model(folder_.path(), config_, tiny_parameters(config_));
  auto model = open_model(folder_.path().string());
  EXPECT_TRUE(model.ignored_weights.empty());
  tensors_.push_back({"model.layers.2.surplus", at::zeros({3})});
  write_safetensors(folder_ / kWeightsFile, tensors_);
  model = open_model(folder_.path().string());
  model.ignored_weights = {"model.layers.2"};
  expect_same(load_parameters(model, at::kFloat), tiny_parameters(config_));
  model.ignored_weights = {"layers.2.surpl"};
  expect_error(ErrorKind::corrupt_data, "unused: model.layers.2.surplus",
               [&] { load_parameters(model, at::kFloat); });
}

TEST_F(LoadParameters, AHeadThatIsMissingMayBeTheEmbedding) {
  remove("lm_head.weight");
  expect_misfit("missing: lm_head.weight [16, 8] (if the head is the embedding, ");
}

TEST_F(LoadParameters, NamesBothShapes) {
  tensor("model.norm.weight") = at::ones({9});
  expect_misfit("another shape: model.norm.weight is [9], config.json says [8]");
}

TEST_F(LoadParameters, ListsFiveProblemsOfEachKindAtMost) {
  config_["num_hidden_layers"] = 4;
  expect_misfit("... and 13 more");
  for (int i = 0; i < 7; ++i) {
    tensors_.push_back({fmt::format("x.{}", i), at::zeros({1})});
  }
  expect_misfit("... and 13 more\n  unused: x.0 [1]");
  expect_misfit("unused: x.4 [1]\n  ... and 2 more");
  tensors_.resize(1);
  expect_misfit("of 1 weights 0 are unused");
}

TEST_F(LoadParameters, NamesWhatWrappedTheModel) {
  const auto plain = tensors_;
  const auto expect = [&](const std::string& prefix, const std::string& text) {
    tensors_ = plain;
    for (auto& stored : tensors_) {
      stored.name = prefix + stored.name;
    }
    expect_misfit(fmt::format("all names begin with '{}'{}\n  missing: model.embed_tokens.weight ",
                              prefix, text));
    expect_misfit("unused: " + tensors_.front().name);
  };
  expect("_orig_mod.",
         ": the model was saved from torch.compile; save the unwrapped model (model._orig_mod)");
  expect("module._orig_mod.",
         ": the model was saved from DistributedDataParallel and torch.compile; save the unwrapped "
         "model (model.module._orig_mod)");
  expect("base_model.model.",
         ": the model was saved from PEFT; save what model.merge_and_unload() returns, or the "
         "adapter alone, by save_pretrained()");
  expect("policy.",
         ", without which they fit: the model was saved inside another one; save it alone");
  tensors_.push_back({"another.weight", at::zeros({1})});
  expect_misfit("0 have another shape; of 22 weights 22 are unused):\n  missing: ");
}

TEST_F(LoadParameters, NamesTheWeightThatIsNotFinite) {
  tensor("model.norm.weight")[3] = std::numeric_limits<float>::quiet_NaN();
  expect_misfit("'model.norm.weight' holds nan at index [3]");
}

TEST_F(LoadParameters, RefusesWeightsTooLargeForHalf) {
  tensor("model.norm.weight")[3] = 1e6;
  expect_error(ErrorKind::invalid_argument, "'model.norm.weight' is too large for float16",
               [this] { load(at::kHalf); });
}

TEST_F(LoadParameters, RefusesIntegers) {
  tensor("model.norm.weight") = at::ones({8}, at::kChar);
  expect_error(ErrorKind::unsupported, "is int8", [this] { load(); });
}

TEST_F(LoadParameters, ToleratesRotaryBuffers) {
  tensors_.push_back({"model.layers.0.self_attn.rotary_emb.inv_freq", at::zeros({2})});
  expect_same(load(), tiny_parameters(config_));
}

TEST_F(LoadParameters, ToleratesACopyOfTheTiedEmbedding) {
  config_["tie_word_embeddings"] = true;
  tensor("lm_head.weight") = tensor("model.embed_tokens.weight").clone();
  expect_same(load(), tiny_parameters(config_));
  tensor("lm_head.weight") = tensor("lm_head.weight").to(at::kBFloat16);
  expect_same(load(), tiny_parameters(config_));
  tensor("lm_head.weight")[0][0] += 1;
  expect_misfit(
      "ties the head to the embedding, but they differ: if the head was trained by "
      "itself, tie_word_embeddings must be false");
}

/// GPT-2's own file was saved without its head and with its causal masks.
TEST(LoadGpt2, ReadsFilesOfTheBodyWithMasks) {
  const TemporaryFolder folder;
  const Json config = {{"model_type", "gpt2"}, {"vocab_size", 16}, {"n_embd", 8},
                       {"n_layer", 2},         {"n_head", 2},      {"n_positions", 12}};
  const auto parameters = tiny_parameters(config);
  write_tiny_model(folder.path(), config, {});
  const auto layout = StoredLayout(models::weight_map(models::read_spec(config, "t")));
  std::vector<NamedTensor> tensors = {{"h.0.attn.bias", at::ones({1, 1, 12, 12})}};
  for (const auto& stored : layout.tensors()) {
    const auto value = layout.to_stored(
        stored.name, [&](const spec::Piece& piece) { return parameters.at(piece.ours); });
    tensors.push_back({stored.name.substr(std::string("transformer.").size()), value.contiguous()});
  }
  write_safetensors(folder / kWeightsFile, tensors);
  const auto model = open_model(folder.path().string());
  EXPECT_EQ(model.layout.stored_names("model.embed_positions.weight"),
            std::vector<std::string>{"wpe.weight"});
  expect_same(load_parameters(model, at::kFloat), parameters);
}

}  // namespace
}  // namespace automodel::checkpoint
