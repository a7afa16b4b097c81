#include "corpus/model_facts.h"

#include "base/error.h"
#include "models/config_class.h"
#include "models/find_model.h"
#include "models/registry.h"
#include "models/stop_ids.h"

namespace automodel::corpus {

ModelFacts read_model_facts(const config::ModelSource& model) {
  const std::string& name = model.pretrained_model_name_or_path;
  const auto folder = model.config_class.empty()
                          ? models::find_model(name, model.revision.value_or("main"))
                          : models::folder_of_class(model.config_class);
  const auto file = folder / "config.json";
  check(std::filesystem::exists(file), ErrorKind::not_found,
        "{} has no config.json; give a Hugging Face model folder or a .gguf file", folder.string());
  Json config = read_json(file);
  config.merge_patch(model.config_overrides);
  const auto spec = models::read_spec(config, file.string());
  return {.name = name,
          .vocab_size = spec.vocab_size,
          .max_tokens = spec.max_positions,
          .stop_ids = models::stop_ids(folder, config),
          .open_text = [name, folder](const std::string& other) {
            return data::load_text_context(other == name ? folder : models::find_model(other));
          }};
}

}  // namespace automodel::corpus
