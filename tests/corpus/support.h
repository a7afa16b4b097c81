#pragma once
// A model folder without weights, rows and a recipe, for tests of what needs no tensors.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/load.h"
#include "corpus/model_facts.h"
#include "data/support.h"
#include "data/test_text.h"
#include "tests/config/recipes.h"
#include "tests/text/mistral_tokenizer.h"

namespace automodel::corpus {

/// A Llama's config.json, the byte tokenizer with ChatML, and three rows.
class TinyCorpus {
 public:
  TinyCorpus() {
    write_config(264);
    folder_.write("model/tokenizer.json", data::tokenizer_json().dump());
    write_template(data::kChatMl);
    write_rows("train.jsonl", {"one", "two", "three"});
  }

  std::string path(const std::string& name) const { return folder_.path(name); }
  std::string write(const std::string& name, const std::string& text) const {
    return folder_.write(name, text);
  }

  void write_config(int vocab_size, int max_positions = 64) const {
    folder_.write("model/config.json",
                  fmt::format(R"({{"architectures": ["LlamaForCausalLM"], "model_type": "llama",
        "vocab_size": {}, "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 1,
        "num_attention_heads": 4, "num_key_value_heads": 2, "hidden_act": "silu",
        "rms_norm_eps": 1e-5, "max_position_embeddings": {}, "tie_word_embeddings": true,
        "eos_token_id": 261}})",
                              vocab_size, max_positions));
  }

  /// A Mistral with the tokenizer that Transformers before 5 saved.
  void write_old_mistral() const {
    Json config = read_json(path("model/config.json"));
    config.update(
        {{"architectures", Json::array({"MistralForCausalLM"})}, {"model_type", "mistral"}});
    folder_.write("model/config.json", config.dump());
    folder_.write("model/tokenizer.json", text::as_old_mistral(data::tokenizer_json()).dump());
  }

  void write_tokenizer_config(const Json& config) const {
    folder_.write("model/tokenizer_config.json", config.dump());
  }

  /// Another template of the model.
  void write_template(const std::string& chat_template) const {
    write_tokenizer_config(
        {{"bos_token", "<s>"}, {"eos_token", "<|im_end|>"}, {"chat_template", chat_template}});
  }

  /// Rows of the question and the answers.
  void write_rows(const std::string& name, const std::vector<std::string>& answers,
                  const std::string& question = "Say it.") const {
    std::string rows;
    for (const std::string& answer : answers) {
      rows += config::chat_row(question, answer);
    }
    folder_.write(name, rows);
  }

  /// The recipe's file; `more` are lines of it.
  std::string write_recipe(const std::string& more = "") const {
    return folder_.write(
        "recipe.yaml", config::chat_recipe(path("model"), path("train.jsonl"),
                                           "step_scheduler: {global_batch_size: 2, "
                                           "local_batch_size: 2, max_steps: 2}\n"
                                           "optimizer: {_target_: torch.optim.AdamW, lr: 0.01}\n" +
                                               more));
  }

  config::Recipe recipe(const std::vector<std::string>& overrides = {},
                        const std::string& more = "") const {
    return config::load_recipe(write_recipe(more), overrides).recipe;
  }

 private:
  data::ScratchFolder folder_;
};

}  // namespace automodel::corpus
