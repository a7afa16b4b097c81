#include "config/not_built.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "base/text.h"
#include "config/schema/sections.h"
#include "config/secret.h"

namespace automodel::config {
namespace {

using When = std::function<bool(const Json&)>;

When is(Json wanted) {
  return [wanted = std::move(wanted)](const Json& value) { return value == wanted; };
}
When above(double bound) {
  return [bound](const Json& value) { return value.is_number() && value.get<double>() > bound; };
}
When like(std::string pattern) {
  return [pattern = std::move(pattern)](const Json& value) {
    return value.is_string() && matches_wildcard(value.get<std::string>(), pattern);
  };
}
When given() {
  return [](const Json& value) { return !value.is_null(); };
}
When other_than(Json usual) {
  return
      [usual = std::move(usual)](const Json& value) { return !value.is_null() && value != usual; };
}

When none_of(std::vector<Json> usual) {
  return [usual = std::move(usual)](const Json& value) {
    return !value.is_null() && std::ranges::count(usual, value) == 0;
  };
}
/// Types of weights are by these names or left to the checkpoint.
When no_weight_type() { return none_of({"auto", "float32", "bfloat16", "float16"}); }

/// The beginning of other names than those of a classifier's head.
When other_head() {
  return [](const Json& value) {
    const std::string text = value.is_string() ? value.get<std::string>() : "";
    return !text.starts_with("classifier") && !text.starts_with("score");
  };
}

/// An address other than a folder's.
When is_server() {
  return [](const Json& value) {
    const std::string text = value.is_string() ? value.get<std::string>() : "";
    return text == "databricks" ||
           (text.find(":/") != std::string::npos && !text.starts_with("file://"));
  };
}

bool holds(const Node& tree, std::string_view path, const Json& value) {
  const Node* found = find_path(tree, path);
  return found != nullptr && found->value == value;
}

/// What the rest of a recipe must be for a value to ask for something.
using Where = bool (*)(const Node& tree);

bool anywhere(const Node&) { return true; }
/// Nothing is asked of checkpoints that are switched off.
bool saves(const Node& tree) { return !holds(tree, "checkpoint.enabled", false); }
/// Adapters have one format, as upstream.
bool saves_whole_models(const Node& tree) {
  const Node* peft = tree.find("peft");
  return saves(tree) && (peft == nullptr || peft->is_null());
}

/// A value that asks for something. '*' in `path` and `like` is any text.
struct Demand {
  std::string path;
  When when;
  std::string text;
  bool counts_in_smoke = true;
  Where where = anywhere;
};

constexpr const char* kWeightTypes = "weights of other types than float32, bfloat16 and float16";
constexpr bool kNotInSmoke = false;
constexpr bool kAlsoInSmoke = true;

std::vector<Demand> recipe_demands() {
  return {
      {"recipe._target_", like("KnowledgeDistillation*"), "knowledge distillation"},
      {"recipe._target_", like("*VLM"), "vision-language models"},
      {"model._target_", like("*Seq2SeqLM.*"), "encoder-decoder models"},
      {"model._target_", like("*MultimodalLM.*"), "multimodal models"},
      {"model._target_", like("*ForImageTextToText.*"), "vision-language models"},
      {"model._target_", like("*WithDrafter.*"), "drafters of speculative decoding"},
      {"model.*drafter*", given(), "drafters of speculative decoding"},
      {"model.load_base_model", is(true), "weights of a base model after from_config"},
      {"model.backend.te_fp8.*", given(), "8-bit arithmetic (fp8)"},
      {"model.backend.fake_gate_noise", above(0), "noise of the even routing of experts"},
      {"distributed.dp_size", above(1), "training on several processes", kNotInSmoke},
      {"distributed.dp_replicate_size", above(1), "hybrid sharding", kNotInSmoke},
      {"distributed.tp_size", above(1), "tensor parallelism", kNotInSmoke},
      {"distributed.pp_size", above(1), "pipeline parallelism", kNotInSmoke},
      {"distributed.cp_size", above(1), "context parallelism", kNotInSmoke},
      {"distributed.ep_size", above(1), "expert parallelism", kNotInSmoke},
      {"model.torch_dtype", no_weight_type(), kWeightTypes},
      {"model.dtype", no_weight_type(), kWeightTypes},
      {"model.compute_dtype", none_of({"auto", "float32", "bfloat16"}),
       "arithmetic in other types than float32 and bfloat16"},
      {"distributed.mp_policy.param_dtype", none_of({"float32", "bfloat16"}),
       "arithmetic in other types than float32 and bfloat16"},
      {"distributed.autocast_dtype", none_of({"float32", "bfloat16"}),
       "arithmetic in other types than float32 and bfloat16"},
      {"model.backend.gate_precision", other_than("float32"),
       "routers in other types than float32"},
      {"model.freeze_config.freeze_language_model", is(true), "frozen language models"},
      {"*freeze_config.*freeze_modules*", given(), "frozen modules"},
      {"distributed.offload_policy.*", given(), "offloading of shards"},
      {"skypilot.*", given(), "the skypilot launcher"},
      {"nemo_run.*", given(), "the nemo_run launcher"},
  };
}

std::vector<Demand> training_demands() {
  return {
      {"quantization.load_in_4bit", is(true), "4-bit weights (QLoRA)"},
      {"quantization.load_in_8bit", is(true), "8-bit weights"},
      {"fp8.enabled", is(true), "8-bit arithmetic (fp8)"},
      {"qat.enabled", is(true), "quantisation-aware training"},
      {"peft.use_dora", is(true), "DoRA"},
      {"peft.lora_dtype", no_weight_type(), kWeightTypes},
      {"peft.moe_rank_scaling", is(true), "LoRA ranks scaled by experts"},
      {"optimizer._target_", like("*FlashAdamW*"), "the FlashAdamW optimizer"},
      {"optimizer._target_", like("dion.*"), "the Dion and Muon optimizers"},
      {"step_scheduler.start_step", above(0), "counters that start above 0"},
      {"step_scheduler.start_epoch", above(0), "counters that start above 0"},
      {"optimizer.differentiable", is(true), "differentiable optimizer steps"},
      {"optimizer.use_decoupled_grad", is(true), "gradients apart from their parameters"},
      {"optimizer.master_weight_dtype", other_than("float32"), "narrow master weights"},
      {"optimizer.exp_avg*dtype", none_of({"float32", "bfloat16"}),
       "optimizer state of other types than float32 and bfloat16"},
      {"loss_fn._target_", like("*KDLoss"), "knowledge distillation"},
      {"loss_fn._target_", like("*.models.*"), "losses of single models"},
      {"loss_fn.ignore_index", other_than(-100), "another ignore_index than -100"},
      {"loss_fn.reduction", other_than("sum"), "other reductions of the loss than sum"},
      {"loss_fn.logit_softcapping", above(0), "soft-capped logits in the loss"},
      {"checkpoint.skip_task_head_prefixes_for_base_model.*", other_head(), "task heads"},
      {"neftune.*", above(0), "noise on embeddings (NEFTune)"},
      {"neftune", above(0), "noise on embeddings (NEFTune)"},
      {"embedding_row_repair.enabled", is(true), "repair of embedding rows"},
      {"tool_call_eval._target_", given(), "evaluation of tool calls", kAlsoInSmoke,
       evaluates_tool_calls},
      {"freeze_config.freeze_language_model", is(true), "frozen language models"},
      {"mlflow.tracking_uri", is_server(), "MLflow servers (a folder works)", kNotInSmoke},
      {"comet.project_name", given(), "Comet"},
  };
}

std::vector<Demand> checkpoint_demands() {
  return {
      {"checkpoint.model_save_format", is("torch_save"),
       "checkpoints in torch's DCP format (safetensors works)", kAlsoInSmoke, saves_whole_models},
      {"checkpoint.diffusers_compatible", is(true), "checkpoints for diffusers", kAlsoInSmoke,
       saves},
      {"checkpoint.allow_legacy_pickle_restore", is(true), "pickled checkpoints", kAlsoInSmoke,
       saves},
      {"checkpoint.is_async", is(true), "saving in the background", kAlsoInSmoke, saves},
  };
}

std::vector<Demand> data_demands() {
  return {
      {"packed_sequence.prepacked", is(true), "data sets that are packed already"},
      {"*dataset*._target_", like("*.make_seq2seq_dataset"), "training on encoder-decoder data"},
      {"*dataset*._target_", like("*.PreferenceDataset"), "preference losses (DPO)"},
      {"*dataset*._target_", like("*.DeltaLakeDataset"), "Delta tables"},
      {"*dataset*.unshifted", is(true), "labels that are not shifted"},
      {"*dataset*.delta_*", given(), "Delta tables"},
      {"*dataset*.object_storage_config*", given(), "data in object storage"},
      {"*dataset*._target_", like("*.vlm.*"), "image data"},
      {"*dataloader.collate_fn._target_", like("*vlm*"), "image data"},
      {"*dataloader.collate_fn._target_", like("*.audio.*"), "audio data"},
      {"*dataset*._target_", like("*.audio.*"), "audio data"},
      {"benchmark.nsys_start", above(-1), "profiling with nsys"},
  };
}

std::vector<Demand> expert_demands() {
  std::vector<Demand> out;
  for (const std::string& name : moe_architecture_names()) {
    out.push_back(
        {"model.moe_overrides." + name, given(), "other routed experts than config.json's"});
  }
  return out;
}

std::vector<Demand> all_demands() {
  std::vector<Demand> out;
  for (const auto& group : {recipe_demands(), expert_demands(), training_demands(),
                            checkpoint_demands(), data_demands()}) {
    out.insert(out.end(), group.begin(), group.end());
  }
  return out;
}

struct Leaf {
  std::string path;
  const Node* node;
};

std::vector<Leaf> leaves(const Node& node, const std::string& path) {
  std::vector<Leaf> out;
  const auto append = [&](const std::string& key, const Node& child) {
    const auto below = leaves(child, dotted(path, key));
    out.insert(out.end(), below.begin(), below.end());
  };
  for (const Entry& entry : node.entries) {
    append(entry.key, entry.value);
  }
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    append(std::to_string(i), node.items[i]);
  }
  return node.kind == NodeKind::scalar ? std::vector<Leaf>{{path, &node}} : out;
}

/// The last part of a dotted name; other values, such as paths and addresses, as they are.
std::string short_value(const Node& node) {
  if (!node.is_text()) {
    return describe(node);
  }
  const auto text = node.value.get<std::string>();
  const bool is_name = text.find_first_of("/:") == std::string::npos && !text.ends_with('.');
  return is_name ? text.substr(text.rfind('.') + 1) : without_secrets(text);
}

}  // namespace

bool evaluates_tool_calls(const Node& tree) {
  return !holds(tree, "distributed.strategy", "fsdp2") ||
         holds(tree, "tool_call_eval.run_on_fsdp2", true);
}

std::vector<std::string> find_not_built(const Node& tree, Scope scope) {
  std::vector<std::string> out;
  std::vector<std::string> seen;
  const auto all = leaves(tree, "");
  for (const Demand& demand : all_demands()) {
    if ((scope == Scope::smoke && !demand.counts_in_smoke) || !demand.where(tree)) {
      continue;
    }
    const auto found = std::find_if(all.begin(), all.end(), [&](const Leaf& leaf) {
      return matches_wildcard(leaf.path, demand.path) && demand.when(leaf.node->value);
    });
    if (found != all.end() && std::find(seen.begin(), seen.end(), demand.text) == seen.end()) {
      seen.push_back(demand.text);
      out.push_back(
          fmt::format("{} ({}: {})", demand.text, found->path, short_value(*found->node)));
    }
  }
  return out;
}

std::vector<std::string> all_not_built() {
  std::vector<std::string> out;
  for (const Demand& demand : all_demands()) {
    if (std::find(out.begin(), out.end(), demand.text) == out.end()) {
      out.push_back(demand.text);
    }
  }
  return out;
}

}  // namespace automodel::config
