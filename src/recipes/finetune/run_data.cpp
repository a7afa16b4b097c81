#include "recipes/finetune/run_data.h"

#include "models/classifiers.h"
#include "models/find_model.h"
#include "models/stop_ids.h"
#include "train/model_text.h"

namespace automodel::recipes {
namespace {

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

RunData load_run_data(const config::Recipe& recipe, const checkpoint::ModelFolder& source) {
  return corpus::load_run_data(recipe, model_facts(source));
}

}  // namespace automodel::recipes
