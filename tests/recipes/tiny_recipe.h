#pragma once
// A model folder, rows and a recipe for tests of whole runs.

#include <fmt/format.h>

#include "base/file.h"
#include "checkpoint/export.h"
#include "checkpoint/model_folder.h"
#include "config/load.h"
#include "nn/parameters.h"
#include "tensor/temporary_folder.h"
#include "tests/config/recipes.h"

namespace automodel::recipes {

inline void write_text(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::create_directories(path.parent_path());
  OutputFile file(path);
  file.write(text);
  file.close();
}

/// A Llama of two layers over a vocabulary of 16 words.
class TinyRecipe {
 public:
  TinyRecipe() {
    write_text(source() / "config.json", R"({"architectures": ["LlamaForCausalLM"],
      "model_type": "llama", "vocab_size": 16, "hidden_size": 16, "intermediate_size": 24,
      "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
      "hidden_act": "silu", "rms_norm_eps": 1e-5, "max_position_embeddings": 32,
      "tie_word_embeddings": true, "torch_dtype": "float32"})");
    write_text(source() / "tokenizer.json", tokenizer());
    write_text(source() / "tokenizer_config.json", R"({"eos_token": "<end>", "chat_template":
      "{% for m in messages %}{{ m.role }} {{ m.content }} <end> {% endfor %}{% if add_generation_prompt %}assistant {% endif %}"})");
    const auto model = checkpoint::open_model(source().string(), {.weights = false});
    checkpoint::export_hf_folder(path("model"), model, nn::initialise(model.spec, at::kFloat, 1),
                                 {});
    write_rows("train.jsonl", 6);
    write_rows("validation.jsonl", 3);
  }

  std::filesystem::path path(const std::string& name) const { return folder_ / name; }

  /// The recipe with overrides: 2 steps of 3 rows.
  config::LoadedRecipe load(const std::vector<std::string>& overrides = {}) const {
    const std::string more = fmt::format(R"(
step_scheduler: {{global_batch_size: 3, local_batch_size: 3, max_steps: 2, num_epochs: 4}}
validation_dataset:
  _target_: nemo_automodel.components.datasets.llm.chat_dataset.ChatDataset
  path_or_dataset_id: {}
optimizer: {{_target_: torch.optim.AdamW, lr: 0.01}}
checkpoint: {{checkpoint_dir: {}}}
)",
                                         path("validation.jsonl").string(), path("out").string());
    write_text(path("recipe.yaml"),
               config::chat_recipe(path("model").string(), path("train.jsonl").string(), more));
    return config::load_recipe(path("recipe.yaml").string(), overrides);
  }

  void write_rows(const std::string& name, int count) const {
    std::string rows;
    for (int i = 0; i < count; ++i) {
      rows += config::chat_row(fmt::format("w{}", i % 8), fmt::format("w{}", (i + 1) % 8));
    }
    write_text(path(name), rows);
  }

 private:
  std::filesystem::path source() const { return folder_ / "source"; }

  static std::string tokenizer() {
    std::string vocab = R"("user": 0, "assistant": 1, "<unk>": 2, "<end>": 3)";
    for (int i = 0; i < 12; ++i) {
      vocab += fmt::format(R"(, "w{}": {})", i, i + 4);
    }
    return R"({"version": "1.0", "normalizer": null, "post_processor": null, "decoder": null,
      "added_tokens": [{"id": 3, "content": "<end>", "special": true, "single_word": false,
                        "lstrip": false, "rstrip": false, "normalized": false}],
      "pre_tokenizer": {"type": "WhitespaceSplit"},
      "model": {"type": "WordLevel", "unk_token": "<unk>", "vocab": {)" +
           vocab + "}}}";
  }

  testing::TemporaryFolder folder_;
};

}  // namespace automodel::recipes
