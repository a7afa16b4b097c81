#include "config/normalise.h"

#include <utility>

namespace automodel::config {
namespace {

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

}  // namespace

NormalisedTree normalise_tree(Node root) {
  seed_from_rng(root);
  auto warnings = dataset_from_dataloader(root);
  return {std::move(root), std::move(warnings)};
}

void drop_switched_off(Node& checked) {
  const Node* enable = find_path(checked, "wandb.enable");
  if (enable != nullptr && enable->value == Json(false)) {
    remove_key(checked, "wandb");
  }
}

}  // namespace automodel::config
