#include "corpus/model_facts.h"

#include "base/error.h"
#include "models/classifiers.h"
#include "models/config_class.h"
#include "models/find_model.h"
#include "models/overrides.h"
#include "models/registry.h"
#include "models/stop_ids.h"

namespace automodel::corpus {

std::filesystem::path find_tokenizer(const TokenizerPlace& place, const std::string& model_name,
                                     const std::filesystem::path& model_path) {
  const bool is_own = place.name == model_name && place.revision.empty();
  auto path =
      is_own ? model_path
             : models::find_model(place.name, place.revision.empty() ? "main" : place.revision);
  if (!place.subfolder.empty()) {
    path /= place.subfolder;
    check(std::filesystem::is_directory(path), ErrorKind::not_found,
          "dataset.tokenizer.subfolder: there is no folder {}", path.string());
  }
  return path;
}

ModelFacts read_model_facts(const config::ModelSource& model, const OpenTokenizer& open_tokenizer) {
  const std::string& name = model.pretrained_model_name_or_path;
  const auto folder = model.config_class.empty()
                          ? models::find_model(name, model.revision.value_or("main"))
                          : models::folder_of_class(model.config_class, model.config_overrides);
  const auto file = models::config_file(folder);
  const Json config = models::with_overrides(read_json(file), model.config_overrides);
  const auto spec = models::read_spec(config, file.string());
  if (spec.is_classifier()) {
    models::check_trains(config, spec.num_labels);
  }
  return {.name = name,
          .vocab_size = spec.vocab_size,
          .max_tokens = spec.max_positions,
          .num_labels = spec.num_labels,
          .class_names =
              spec.is_classifier() ? models::class_names(config) : std::vector<std::string>(),
          .stop_ids = models::stop_ids(folder, config, model.config_overrides),
          .open_text = [name, folder, open_tokenizer](const TokenizerPlace& place) {
            return open_tokenizer(find_tokenizer(place, name, folder));
          }};
}

}  // namespace automodel::corpus
