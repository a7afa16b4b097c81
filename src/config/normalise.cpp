#include "config/normalise.h"

#include <array>
#include <optional>
#include <utility>

#include "base/text.h"

namespace automodel::config {
namespace {

/// A key of a section that one of its program's variables stands in for.
struct Variable {
  const char* section;
  const char* key;
  const char* name;
};
constexpr auto kVariables =
    std::to_array<Variable>({{"wandb", "dir", "WANDB_DIR"},
                             {"wandb", "mode", "WANDB_MODE"},
                             {"wandb", "entity", "WANDB_ENTITY"},
                             {"wandb", "group", "WANDB_RUN_GROUP"},
                             {"wandb", "notes", "WANDB_NOTES"},
                             {"wandb", "job_type", "WANDB_JOB_TYPE"},
                             {"wandb", "id", "WANDB_RUN_ID"},
                             {"wandb", "name", "WANDB_NAME"},
                             {"wandb", "project", "WANDB_PROJECT"},
                             {"wandb", "tags", "WANDB_TAGS"},
                             {"mlflow", "experiment_name", "MLFLOW_EXPERIMENT_NAME"},
                             {"mlflow", "tracking_uri", "MLFLOW_TRACKING_URI"}});

bool is_left_open(const Node& value) {
  return value.is_null() || value.origin.kind == OriginKind::fallback;
}

/// Tags are a list, in the variable with commas.
Json value_of(const Variable& variable, const std::string& text) {
  if (std::string_view(variable.key) != "tags") {
    return text;
  }
  Json out = Json::array();
  for (const auto& tag : split(text, ',')) {
    if (!tag.empty()) {
      out.push_back(tag);
    }
  }
  return out;
}

bool is_absent(const Node& root, const char* key) {
  const Node* node = root.find(key);
  return node == nullptr || node->is_null();
}

void remove_key(Node& map, const char* key) {
  std::erase_if(map.entries, [&](const Entry& entry) { return entry.key == key; });
}

void seed_from_rng(Node& root) {
  const Node* seed = find_path(root, "rng.seed");
  if (seed != nullptr && is_absent(root, "seed")) {
    Entry entry{"seed", seed->origin, *seed};
    remove_key(root, "seed");
    root.entries.push_back(std::move(entry));
  }
}

std::vector<Problem> dataset_from_dataloader(Node& root) {
  Node* loader = root.find("dataloader");
  const Node* dataset = loader == nullptr ? nullptr : loader->find("dataset");
  if (dataset == nullptr || !is_absent(root, "dataset")) {
    return {};
  }
  Entry entry{"dataset", dataset->origin, *dataset};
  remove_key(*loader, "dataset");
  remove_key(root, "dataset");
  const Origin where = entry.key_origin;
  root.entries.push_back(std::move(entry));
  return {{where, "dataloader.dataset", "old form; write a top-level section 'dataset'"}};
}

/// Of two names for one thing: an override counts, and what is not auto.
bool counts_before(const Node& one, const Node& other) {
  const auto overrides = [](const Node& value) {
    return value.origin.kind == OriginKind::overridden;
  };
  return overrides(one) != overrides(other) ? overrides(one)
                                            : one.value != "auto" && other.value == "auto";
}

void one_element_type(Node* model) {
  if (model == nullptr || is_absent(*model, "dtype")) {
    return;
  }
  const Node* dtype = model->find("dtype");
  const Node* older = is_absent(*model, "torch_dtype") ? nullptr : model->find("torch_dtype");
  if (older != nullptr && counts_before(*older, *dtype)) {
    remove_key(*model, "dtype");
  } else if (older == nullptr || counts_before(*dtype, *older)) {
    Entry entry{"torch_dtype", dtype->origin, *dtype};
    remove_key(*model, "torch_dtype");
    remove_key(*model, "dtype");
    model->entries.push_back(std::move(entry));
  }
}

constexpr const char* kTemplate = "chat_template";

/// The section itself, or the parts that it blends.
std::vector<Node*> parts_of(Node& section) {
  Node* parts = section.find("parts");
  if (parts == nullptr) {
    return {&section};
  }
  std::vector<Node*> out;
  for (Node& part : parts->items) {
    out.push_back(&part);
  }
  return out;
}

}  // namespace

NormalisedTree normalise_tree(Node root) {
  seed_from_rng(root);
  for (const char* model : {"model", "teacher_model"}) {
    one_element_type(root.find(model));
  }
  auto warnings = dataset_from_dataloader(root);
  return {std::move(root), std::move(warnings)};
}

void fill_from_environment(Node& checked, const Environment& environment) {
  for (const auto& variable : kVariables) {
    Node* values = checked.find(variable.section);
    Node* value = values == nullptr ? nullptr : values->find(variable.key);
    const auto given = environment.find(variable.name);
    if (value != nullptr && is_left_open(*value) && given != environment.end() &&
        !given->second.empty()) {
      *value = from_json(value_of(variable, given->second), {.kind = OriginKind::environment});
    }
  }
}

std::optional<Json> shared_template(const Json& section_keys) {
  if (!section_keys.is_object()) {
    return std::nullopt;
  }
  std::optional<Json> out;
  for (const Json& part : section_keys.value("parts", Json::array({section_keys}))) {
    const auto own = part.find(kTemplate);
    if (own == part.end() || (out && *out != *own)) {
      return std::nullopt;
    }
    out = *own;
  }
  return out;
}

std::vector<Problem> share_chat_template(Node& checked) {
  Node* dataset = checked.find("dataset");
  if (dataset == nullptr || !shared_template(to_json(*dataset))) {
    return {};
  }
  const Node given = *parts_of(*dataset).front()->find(kTemplate);
  const Node* of_tokenizer = find_path(checked, "dataset.tokenizer.chat_template");
  const Json used = given.is_null() && of_tokenizer != nullptr ? of_tokenizer->value : given.value;
  std::vector<Problem> warnings;
  for (Entry& section : checked.entries) {
    const bool validates = section.key.starts_with("validation_dataset");
    for (Node* part : validates ? parts_of(section.value) : std::vector<Node*>()) {
      Node* own = part->find(kTemplate);
      if (own != nullptr && own->is_null()) {
        *own = given;
      } else if (own != nullptr && own->value != used) {
        warnings.push_back(
            {own->origin, dotted(section.key, kTemplate),
             "is not the chat template of the training data; leave it out to validate "
             "in the format that is trained"});
      }
    }
  }
  return warnings;
}

void drop_switched_off(Node& checked) {
  const auto has = [&checked](std::string_view path, const Json& value) {
    const Node* found = find_path(checked, path);
    return found != nullptr && found->value == value;
  };
  if (has("wandb.enable", false) || has("wandb.mode", "disabled")) {
    remove_key(checked, "wandb");
  }
}

}  // namespace automodel::config
