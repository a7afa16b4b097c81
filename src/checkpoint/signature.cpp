#include "checkpoint/signature.h"

#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include "base/text.h"

namespace automodel::checkpoint {
namespace {

constexpr auto kModelKeys = std::to_array<const char*>(
    {"pretrained_model_name_or_path", "revision", "architectures", "model_type", "hidden_size",
     "num_hidden_layers", "num_attention_heads", "num_key_value_heads", "intermediate_size",
     "vocab_size", "tie_word_embeddings", "rope_theta", "rope_scaling", "num_labels"});

const Json* find(const Json& object, const char* key) {
  if (!object.is_object()) {
    return nullptr;
  }
  const auto found = object.find(key);
  return found != object.end() && !found->is_null() ? &*found : nullptr;
}

/// A model's folder may be spelt in several ways.
bool are_equal(const Json& a, const Json& b) {
  namespace fs = std::filesystem;
  std::error_code none;
  return a == b || (a.is_string() && b.is_string() &&
                    fs::equivalent(a.get<std::string>(), b.get<std::string>(), none));
}

std::string value_text(const Json* value) { return value != nullptr ? value->dump() : "absent"; }

}  // namespace

Json model_signature(const Json& raw_recipe) {
  Json signature = Json::object();
  const Json* model = find(raw_recipe, "model");
  for (const auto* key : kModelKeys) {
    const Json* value = model != nullptr ? find(*model, key) : nullptr;
    // from_config keeps the model's name and shape one level deeper.
    const Json* config = model != nullptr ? find(*model, "config") : nullptr;
    if (value == nullptr && config != nullptr) {
      value = find(*config, key);
    }
    if (value != nullptr) {
      signature[std::string("model.") + key] = *value;
    }
  }
  if (find(raw_recipe, "peft") != nullptr) {
    signature["peft"] = true;
  }
  return signature;
}

std::string signature_difference(const Json& ours, const Json& checkpoints) {
  std::vector<std::string> differences;
  for (const auto& [key, value] : ours.items()) {
    const Json* other = find(checkpoints, key.c_str());
    if (other == nullptr || !are_equal(*other, value)) {
      differences.push_back(
          fmt::format("{} is {}, the checkpoint has {}", key, value.dump(), value_text(other)));
    }
  }
  for (const auto& [key, value] : checkpoints.items()) {
    if (find(ours, key.c_str()) == nullptr) {
      differences.push_back(fmt::format("{} is absent, the checkpoint has {}", key, value.dump()));
    }
  }
  return join(differences, "; ");
}

}  // namespace automodel::checkpoint
