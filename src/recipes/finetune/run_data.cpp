#include "recipes/finetune/run_data.h"

#include <array>

#include "base/known.h"
#include "models/classifiers.h"
#include "models/find_model.h"
#include "models/stop_ids.h"
#include "train/model_text.h"

namespace automodel::recipes {
namespace {

/// Keys of dataset.tokenizer that tokenizer_config.json has, too.
constexpr auto kExported =
    std::to_array<const char*>({"bos_token", "eos_token", "pad_token", "model_max_length",
                                "truncation_side", "padding_side", "chat_template"});

data::TextContext open_text(const checkpoint::ModelFolder& source,
                            const corpus::TokenizerPlace& place) {
  const auto path = corpus::find_tokenizer(place, source.name, source.path);
  if (path == source.path) {
    return train::model_text(source);
  }
  return std::filesystem::is_directory(path)
             ? data::load_text_context(path)
             : train::model_text(checkpoint::open_model(path.string(), {.weights = false}));
}

}  // namespace

corpus::ModelFacts model_facts(const checkpoint::ModelFolder& source) {
  return {.name = source.name,
          .vocab_size = source.spec.vocab_size,
          .max_tokens = source.spec.max_positions,
          .num_labels = source.spec.num_labels,
          .class_names = source.spec.is_classifier() ? models::class_names(source.config)
                                                     : std::vector<std::string>(),
          .stop_ids = models::stop_ids(source.path, source.config),
          .open_text = [source](const corpus::TokenizerPlace& place) {
            return open_text(source, place);
          }};
}

void set_trained_text(const config::Recipe& recipe, checkpoint::ModelFolder& source) {
  const auto place = corpus::tokenizer_place(recipe, source.name);
  if (!place) {
    return;
  }
  checkpoint::TextSource text{corpus::find_tokenizer(*place, source.name, source.path)};
  for (const char* key : kExported) {
    if (const Json value = known(recipe.dataset.tokenizer).keys.value(key, Json());
        !value.is_null()) {
      text.keys[key] = value;
    }
  }
  const auto chat_template = corpus::given_template(recipe);
  if (text.folder == source.path && text.keys.empty() && chat_template.empty()) {
    return;
  }
  auto used = corpus::open_text(recipe, model_facts(source)).used;
  if (!chat_template.empty()) {
    used = data::with_chat_template(std::move(used), chat_template);
  }
  if (!chat_template.empty() || text.keys.contains("chat_template")) {
    text.keys["chat_template"] = data::require_template(used, /*has_tools=*/false).source();
  }
  train::set_text(source, std::move(text), used);
}

RunData load_run_data(const config::Recipe& recipe, const checkpoint::ModelFolder& source) {
  return corpus::load_run_data(recipe, model_facts(source));
}

}  // namespace automodel::recipes
