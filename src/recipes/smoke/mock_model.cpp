#include "recipes/smoke/mock_model.h"

#include <optional>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "models/config_class.h"
#include "models/default_configs.h"
#include "models/find_model.h"
#include "models/overrides.h"
#include "models/registry.h"
#include "models/shrink.h"
#include "tensor/gguf_config.h"
#include "text/bpe_json.h"
#include "text/tokenizer/byte_level.h"

namespace automodel::recipes {
namespace {

namespace fs = std::filesystem;

constexpr const char* kEnd = "<|im_end|>";
constexpr std::int64_t kVocabulary = 512;  // of models with fewer tokens than the tokenizer has

// Roles, tools and calls are written out, so that every kind of conversation renders.
constexpr const char* kTemplate =
    "{% if tools %}<|im_start|>system\n{{ tools | tojson }}<|im_end|>\n{% endif %}"
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n"
    "{% if m['role'] == 'assistant' %}{% generation %}{{ m['content'] or '' }}"
    "{% if m['tool_calls'] %}{{ m['tool_calls'] | tojson }}{% endif %}<|im_end|>{% endgeneration %}"
    "{% else %}{{ m['content'] or '' }}<|im_end|>{% endif %}\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";

std::optional<Json> config_here(const config::ModelSource& model) {
  try {
    const fs::path path = model.config_class.empty()
                              ? models::find_model(model.pretrained_model_name_or_path,
                                                   model.revision.value_or("main"))
                              : models::folder_of_class(model.config_class, model.config_overrides);
    const auto file = models::config_file(path);
    return file.extension() == ".gguf" ? gguf_config(GgufFile(file)) : read_json(file);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::not_found) {
      throw;
    }
    return std::nullopt;
  }
}

Json config_by_name(const std::string& name) {
  const std::string type = models::type_of_name(name);
  check(!type.empty(), ErrorKind::not_found,
        "--smoke: {} is not on this machine, and its name does not say what type of model it is; "
        "give a folder with its config.json: --model.pretrained_model_name_or_path FOLDER",
        name);
  models::find_family({{"model_type", type}}, "--smoke: " + name + " by its name");
  Json config = models::default_configs().at(type);
  config["model_type"] = type;
  return config;
}

/// Every byte is a token.
Json tokenizer_json() {
  std::vector<std::string> tokens;
  for (int byte = 0; byte < 256; ++byte) {
    tokens.push_back(text::to_byte_characters(std::string(1, static_cast<char>(byte))));
  }
  Json added = Json::array();
  for (const char* token : {"<|endoftext|>", "<|im_start|>", kEnd}) {
    added.push_back({{"id", tokens.size() + added.size()},
                     {"content", token},
                     {"single_word", false},
                     {"lstrip", false},
                     {"rstrip", false},
                     {"normalized", false},
                     {"special", true}});
  }
  const Json bytes = {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", true}};
  return {{"version", "1.0"},
          {"added_tokens", std::move(added)},
          {"pre_tokenizer", bytes},
          {"decoder", bytes},
          {"model", text::bpe_json(text::vocabulary_json(tokens, "--smoke"), Json::array(), {})}};
}

/// A smaller vocabulary than the tokenizer's grows.
void fit_vocabulary(Json& config) {
  const auto text = config.find("text_config");
  Json& sizes = text != config.end() && text->contains("vocab_size") ? *text : config;
  if (sizes.value("vocab_size", kVocabulary) < kVocabulary) {
    sizes["vocab_size"] = kVocabulary;
  }
}

}  // namespace

MockModel write_mock_model(const config::ModelSource& model, const fs::path& folder) {
  const auto here = config_here(model);
  Json config = here ? *here : config_by_name(model.pretrained_model_name_or_path);
  config = models::shrink_config(models::with_overrides(std::move(config), model.config_overrides));
  fit_vocabulary(config);
  fs::create_directories(folder);
  write_file_atomic(folder / "config.json", config.dump(1));
  write_file_atomic(folder / "tokenizer.json", tokenizer_json().dump());
  write_file_atomic(folder / "tokenizer_config.json",
                    Json({{"tokenizer_class", "PreTrainedTokenizerFast"},
                          {"eos_token", kEnd},
                          {"pad_token", "<|endoftext|>"},
                          {"chat_template", kTemplate}})
                        .dump(1));
  return {.model_type = config.value("model_type", ""),
          .is_from_config = here.has_value(),
          .vocab_size = models::read_spec(config, "--smoke").vocab_size};
}

}  // namespace automodel::recipes
