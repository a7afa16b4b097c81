#include <algorithm>
#include <set>
#include <string>

#include "config/extract/section.h"
#include "config/extract/sections.h"
#include "config/schema/sections.h"

namespace automodel::config {
namespace {

ModelTask model_task(const std::string& target) {
  const auto names = [&](const char* task) { return target.find(task) != std::string::npos; };
  if (names("Seq2SeqLM")) {
    return ModelTask::seq2seq_lm;
  }
  if (names("SequenceClassification")) {
    return ModelTask::sequence_classification;
  }
  return names("ImageTextToText") || names("MultimodalLM") ? ModelTask::image_text_to_text
                                                           : ModelTask::causal_lm;
}

ModelEntry model_entry(const std::string& target) {
  if (target.ends_with(".from_pretrained")) {
    return ModelEntry::from_pretrained;
  }
  return target.ends_with(".from_config") ? ModelEntry::from_config : ModelEntry::build_gpt2;
}

/// The keys of `model` that say how to build it; all others override keys of config.json.
std::set<std::string> own_keys() {
  std::set<std::string> names = {"_target_"};
  const Key section = model_section("model");
  for (const Target& target : section.targets) {
    if (target.extra == Extra::model_config) {
      for (const Key& key : target.keys) {
        names.insert(key.name);
      }
    }
  }
  for (const Key& key : architecture_keys()) {
    names.erase(key.name);
  }
  return names;
}

void extract_overrides(ModelSource& out, const Json& json) {
  static const std::set<std::string> kOwn = own_keys();
  static const Key kSection = model_section("model");
  const auto target =
      std::ranges::find(kSection.targets, Section(json).text("_target_"), &Target::name);
  // Where others are ignored only those count that are listed.
  const bool ignores = target != kSection.targets.end() && target->extra == Extra::ignored;
  for (const auto& [key, value] : json.items()) {
    const bool counts = !ignores || std::ranges::count(target->keys, key, &Key::name) > 0;
    if (counts && !kOwn.contains(key)) {
      out.config_overrides[key] = value;
    }
  }
}

const std::set<std::string> kNotOfTheArchitecture = {"_target_", "trust_remote_code", "revision",
                                                     "dtype", "torch_dtype"};

/// `model.config`: a name, a configuration class, or overrides.
void extract_config(ModelSource& out, const Json& config) {
  if (config.is_string()) {
    out.pretrained_model_name_or_path = config.get<std::string>();
    return;
  }
  const std::string target = Section(config).text("_target_");
  if (!target.empty() && !target.ends_with(".from_pretrained")) {
    out.config_class = target.substr(target.rfind('.') + 1);
  }
  for (const auto& [key, value] : config.items()) {
    const bool is_name = key == "pretrained_model_name_or_path" || key == "name_or_path";
    if (is_name && out.pretrained_model_name_or_path.empty()) {
      out.pretrained_model_name_or_path = value.get<std::string>();
    } else if (key == "revision" && !out.revision && value.is_string()) {
      out.revision = value.get<std::string>();
    } else if (!is_name && !kNotOfTheArchitecture.contains(key)) {
      out.config_overrides[key] = value;
    }
  }
}

MoeOverrides extract_moe_overrides(const Json& json) {
  const Section s(json);
  return {.aux_loss_coeff = s.optional<double>("aux_loss_coeff"),
          .z_loss_coeff = s.optional<double>("z_loss_coeff"),
          .gate_bias_update_factor = s.optional<double>("gate_bias_update_factor")};
}

/// As upstream's function builds it: HF's GPT-2 with the exact GELU, in float32.
void extract_gpt2(ModelSource& out) {
  out.config_class = "GPT2Config";
  Json& keys = out.config_overrides;
  keys["activation_function"] = "gelu";
  if (keys.contains("n_ctx") && !keys.at("n_ctx").is_null()) {
    keys["n_positions"] = keys.at("n_ctx");
  }
  keys.erase("n_ctx");
  out.torch_dtype = out.torch_dtype == "auto" ? "float32" : out.torch_dtype;
}

}  // namespace

Distributed extract_distributed(const Json& json) {
  const Section s(json);
  Distributed out;
  out.strategy =
      s.choice("strategy", Names<Strategy, 3>{{{"fsdp2", Strategy::fsdp2},
                                               {"ddp", Strategy::ddp},
                                               {"megatron_fsdp", Strategy::megatron_fsdp}}});
  out.dp_size = s.optional<std::int64_t>("dp_size");
  out.dp_replicate_size = s.optional<std::int64_t>("dp_replicate_size");
  out.tp_size = s.get("tp_size", out.tp_size);
  out.pp_size = s.get("pp_size", out.pp_size);
  out.cp_size = s.get("cp_size", out.cp_size);
  out.ep_size = s.get("ep_size", out.ep_size);
  out.activation_checkpointing =
      s.choice("activation_checkpointing",
               Names<std::optional<Recompute>, 4>{{{"off", Recompute::off},
                                                   {"full", Recompute::full},
                                                   {"selective", Recompute::selective},
                                                   {"auto", std::nullopt}}});
  return out;
}

ModelSource extract_model(const Json& json) {
  const Section s(json);
  ModelSource out;
  out.task = model_task(s.text("_target_"));
  out.entry = model_entry(s.text("_target_"));
  out.pretrained_model_name_or_path = s.text("pretrained_model_name_or_path");
  out.revision = s.optional<std::string>("revision");
  out.torch_dtype = s.get<std::string>(s.has("dtype") ? "dtype" : "torch_dtype", out.torch_dtype);
  out.compute_dtype = s.get("compute_dtype", out.compute_dtype);
  out.load_base_model = s.get("load_base_model", false);
  out.backend = s.get("backend", Json::object());
  if (s.has("moe_overrides")) {
    out.moe_overrides = extract_moe_overrides(json.at("moe_overrides"));
  }
  extract_overrides(out, json);
  if (s.has("config")) {
    extract_config(out, json.at("config"));
  }
  if (out.entry == ModelEntry::build_gpt2) {
    extract_gpt2(out);
  }
  if (out.task == ModelTask::sequence_classification) {  // see models/classifiers.h
    out.config_overrides["architectures"] = Json::array({"ForSequenceClassification"});
  }
  return out;
}

Peft extract_peft(const Json& json) {
  const Section s(json);
  Peft out;
  out.target_modules = s.texts("target_modules");
  out.exclude_modules = s.texts("exclude_modules");
  out.match_all_linear = s.get("match_all_linear", false);
  out.dim = s.get("dim", out.dim);
  out.alpha = s.get("alpha", out.alpha);
  out.use_dora = s.get("use_dora", false);
  out.dropout = s.get("dropout", out.dropout);
  out.dropout_position = s.choice(
      "dropout_position",
      Names<DropoutPosition, 2>{{{"pre", DropoutPosition::pre}, {"post", DropoutPosition::post}}});
  out.lora_a_init = s.text("lora_A_init");
  out.lora_dtype = s.optional<std::string>("lora_dtype");
  out.adapter_name_or_path = s.optional<std::string>("adapter_name_or_path");
  return out;
}

}  // namespace automodel::config
