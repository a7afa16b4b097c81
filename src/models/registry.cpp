#include "models/registry.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/text.h"
#include "models/check_sizes.h"
#include "models/classifiers.h"
#include "models/default_configs.h"
#include "models/nearest.h"
#include "models/unsupported.h"

namespace automodel::models {
namespace {

/// Alphabetical.
constexpr std::array kFamilies = {afmoe,
                                  arcee,
                                  aria_text,
                                  axk1,
                                  beam,
                                  biogpt,
                                  bloom,
                                  codegen,
                                  cohere,
                                  cohere2,
                                  cohere2_moe,
                                  cohere_compass_text,
                                  cwm,
                                  dbrx,
                                  deepseek_v2,
                                  deepseek_v3,
                                  dots1,
                                  ernie4_5,
                                  ernie4_5_moe,
                                  exaone4,
                                  exaone_moe,
                                  falcon,
                                  flex_olmo,
                                  flint,
                                  gemma,
                                  gemma2,
                                  gemma3_text,
                                  gemma4_text,
                                  gemma4_unified_text,
                                  glm,
                                  glm4,
                                  glm4_moe,
                                  glm4_moe_lite,
                                  gpt_sw3,
                                  gpt2,
                                  gpt_bigcode,
                                  gpt_neo,
                                  gpt_neox,
                                  gpt_neox_japanese,
                                  gpt_oss,
                                  gptj,
                                  granite,
                                  granite_swa,
                                  granitemoe,
                                  granitemoe_swa,
                                  granitemoeshared,
                                  helium,
                                  hunyuan_v1_dense,
                                  hunyuan_v1_moe,
                                  hy_v3,
                                  hyperclovax,
                                  internlm3,
                                  iquestcoder,
                                  jais2,
                                  kolibri1,
                                  laguna,
                                  llama,
                                  llama4_text,
                                  mellum,
                                  mimo_v2_flash,
                                  minicpm3,
                                  minimax_m2,
                                  ministral,
                                  ministral3,
                                  mistral,
                                  mixtral,
                                  modernbert_decoder,
                                  mpt,
                                  nanochat,
                                  nemotron,
                                  olmo,
                                  olmo2,
                                  olmo3,
                                  olmoe,
                                  openai_gpt,
                                  opt,
                                  persimmon,
                                  phi,
                                  phi3,
                                  qwen2,
                                  qwen2_moe,
                                  qwen3,
                                  qwen3_moe,
                                  seed_oss,
                                  smollm3,
                                  solar_open,
                                  stablelm,
                                  starcoder2,
                                  vaultgemma,
                                  youtu};

spec::WeightNames names_of(const spec::ModelSpec& model) {
  const auto all = families();
  const auto family = std::ranges::find(all, model.model_type, &Family::model_type);
  const bool renames = family != all.end() && family->names != nullptr;
  return renames ? family->names(model) : spec::WeightNames();
}

}  // namespace

std::vector<Family> families() {
  std::vector<Family> all;
  for (const auto& family : kFamilies) {
    all.push_back(family());
  }
  return all;
}

Family find_family(const Json& config, const std::string& source) {
  check(config.is_object() && config.contains("model_type") && config["model_type"].is_string(),
        ErrorKind::corrupt_data,
        "{}: no \"model_type\"; is this a Hugging Face model's config.json?", source);
  const auto type = config["model_type"].get<std::string>();
  std::vector<std::string> known;
  for (const auto& family : families()) {
    if (family.model_type == type) {
      return family;
    }
    known.push_back(family.model_type);
  }
  if (const auto need = missing_mathematics(type)) {
    fail(ErrorKind::unsupported, "{}: model_type '{}' is unsupported: needs {}", source, type,
         *need);
  }
  fail(ErrorKind::unsupported,
       "{}: model_type '{}' is not supported{}{}\n'automodel models' lists all supported types",
       source, type, did_you_mean(type, known), nearest_types_text(config));
}

Reading read_config(const Json& config, const std::string& source) {
  const Family family = find_family(config, source);
  const ConfigReader reader(config, source, family.key_names, fixed_defaults(family.model_type));
  spec::ModelSpec model = family.spec(reader);
  model.model_type = family.model_type;
  model.architecture = family.architectures.front();
  if (is_classifier(config)) {
    model = read_classifier(reader, config, model);
  }
  reader.finish(family.ignored_keys);
  check_sizes(model, source);
  return {std::move(model), reader.key_uses()};
}

spec::ModelSpec read_spec(const Json& config, const std::string& source) {
  return read_config(config, source).spec;
}

std::vector<spec::StoredTensor> weight_map(const spec::ModelSpec& model) {
  return spec::weight_map(spec::parameters(model), names_of(model));
}

std::vector<spec::StoredTensor> loaded_tensors(const spec::ModelSpec& model) {
  return spec::weight_map(spec::parameters(model), spec::in_memory(names_of(model)));
}

std::vector<spec::LoraModule> lora_modules(const spec::ModelSpec& model) {
  return spec::lora_modules(spec::parameters(model), names_of(model));
}

std::vector<std::string> ignored_weights(const spec::ModelSpec& model) {
  return names_of(model).ignored;
}

std::vector<std::string> optional_weights(const spec::ModelSpec& model) {
  return names_of(model).optional;
}

std::string stored_head_name(const spec::ModelSpec& model) {
  return spec::stored_name("lm_head.weight", names_of(model).renames);
}

std::string body_prefix(const spec::ModelSpec& model) {
  const auto prefix = names_of(model).body_prefix;
  return prefix.empty() ? "model." : prefix;
}

}  // namespace automodel::models
