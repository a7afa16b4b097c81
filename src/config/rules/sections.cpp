#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/file.h"
#include "config/data_sections.h"
#include "config/not_built.h"
#include "config/rules/findings.h"

namespace automodel::config {
namespace {

bool is_recipe(const Findings& f, std::string_view beginning) {
  return f.text("recipe._target_").starts_with(beginning);
}

bool classifies(const Findings& f) {
  return f.text("recipe._target_").ends_with("SequenceClassification");
}

void kind_has_its_sections(Findings& f) {
  if (!classifies(f) && !f.has("loss_fn")) {
    f.problem("loss_fn",
              "this required section is missing; e.g. loss_fn: {_target_: "
              "nemo_automodel.components.loss.masked_ce.MaskedCrossEntropy}");
  }
  if (classifies(f) && f.has("loss_fn")) {
    f.warning("loss_fn",
              "only label_smoothing and z_loss are read: classification always uses mean "
              "cross-entropy");
  }
  const bool distils = is_recipe(f, "KnowledgeDistillation");
  if (distils && !f.has("teacher_model")) {
    f.problem("teacher_model", "this required section is missing: a distillation has a teacher");
  }
  for (const char* section :
       {"teacher_model", "kd_loss_fn", "kd_ratio", "offload_teacher_model", "separate_meshes"}) {
    if (!distils && f.is_given(section)) {
      f.warning(section, "ignored: read by the distillation recipe only");
    }
  }
}

/// Classes are learnt by classifiers from rows that have one, tokens by language models.
void task_is_one(Findings& f, const std::vector<std::string>& data_sections) {
  const std::string model = f.text("model._target_");
  const bool is_classifier = model.find("ForSequenceClassification") != std::string::npos;
  if (!model.empty() && is_classifier != classifies(f)) {
    f.problem("model._target_", classifies(f)
                                    ? "the recipe trains classifiers of sequences: use "
                                      "nemo_automodel.NeMoAutoModelForSequenceClassification"
                                    : "classifiers of sequences are trained by the recipe "
                                      "TrainFinetuneRecipeForSequenceClassification");
  }
  for (const std::string& section : data_sections) {
    const std::string target = f.text(section + "._target_");
    const bool has_classes = target.find("seq_cls.") != std::string::npos;
    if (!target.empty() && has_classes != classifies(f)) {
      f.problem(section + "._target_", has_classes
                                           ? "its rows have a class each, which the recipe "
                                             "TrainFinetuneRecipeForSequenceClassification learns"
                                           : "its rows have no class to learn; use one of "
                                             "nemo_automodel.components.datasets.llm.seq_cls, e.g. "
                                             "TextClassificationDataset");
    }
  }
}

void benchmark_is_complete(Findings& f) {
  if (!is_recipe(f, "Benchmarking")) {
    if (f.has("benchmark")) {
      f.warning("benchmark", "ignored: read by the benchmark recipe only");
    }
    return;
  }
  for (const char* key :
       {"benchmark.warmup_steps", "benchmark.peak_tflops", "benchmark.nsys_start",
        "benchmark.nsys_end", "benchmark.nsys_ranks", "step_scheduler.max_steps"}) {
    if (!f.has(key)) {
      f.problem(key, "this required key is missing: the benchmark recipe needs it");
    }
  }
  if (f.has("dataset._target_") && !f.has("dataset.seq_len")) {
    f.problem("dataset.seq_len", "this required key is missing: the benchmark recipe needs it");
  }
}

void model_is_named(Findings& f, const std::string& section) {
  const std::string config = section + ".config";
  if (f.text(config + "._target_").ends_with(".from_pretrained") &&
      !f.has(config + ".pretrained_model_name_or_path") && !f.has(config + ".name_or_path")) {
    f.problem(config + ".pretrained_model_name_or_path",
              "this required key is missing: a folder or hub id");
  }
  if (f.is_given(section + ".torch_dtype") && f.is_given(section + ".dtype") &&
      f.text(section + ".torch_dtype") != f.text(section + ".dtype")) {
    f.problem(section + ".dtype", fmt::format("differs from torch_dtype {}; give one of them",
                                              f.text(section + ".torch_dtype")));
  }
}

/// Beside weights a configuration can only be overridden: another folder's would not be theirs.
void weights_have_their_own_config(Findings& f) {
  const std::string config = "model.config";
  const bool is_text = !f.text(config).empty();
  const auto target = f.text(config + "._target_");
  if (!f.text("model._target_").ends_with(".from_pretrained") || (!is_text && target.empty())) {
    return;
  }
  std::string name = f.text(config);
  for (const char* key : {"pretrained_model_name_or_path", "name_or_path"}) {
    if (name.empty()) {
      name = f.text(fmt::format("{}.{}", config, key));
    }
  }
  const bool is_class = !is_text && !target.ends_with(".from_pretrained");
  if (is_class || name != f.text("model.pretrained_model_name_or_path")) {
    f.problem(config, fmt::format("names {}, but from_pretrained takes the configuration of its "
                                  "weights; write the keys that differ, without _target_, or use "
                                  "from_config for fresh weights",
                                  is_class ? target : name));
  }
}

void exactly_one_source(Findings& f, const std::string& section) {
  const bool named = f.has(section + ".dataset_name");
  const bool local = f.has(section + ".path");
  if (named == local) {
    f.problem(section + ".path",
              fmt::format("exactly one of dataset_name and path is needed; {}",
                          named ? "both are given" : "this required key is missing"));
  }
}

void tool_calls_are_evaluated(Findings& f) {
  if (!f.has("tool_call_eval")) {
    return;
  }
  exactly_one_source(f, "tool_call_eval");
  if (!evaluates_tool_calls(f.tree())) {
    f.warning("tool_call_eval",
              "without effect, as upstream: with distributed.strategy: fsdp2 only run_on_fsdp2: "
              "true evaluates tool calls");
  }
}

bool is_streamed(const std::string& target) {
  return target.ends_with("IterableDataset") || target.ends_with("NanogptDataset");
}

void data_set_is_consistent(Findings& f, const std::string& section) {
  const std::string target = f.text(section + "._target_");
  if (target.ends_with("make_agent_chat_dataset")) {
    exactly_one_source(f, section);
  }
  if (f.is_true(section + ".align_to_bos") && !f.has(section + ".bos_token")) {
    f.problem(section + ".bos_token", "this required key is missing: align_to_bos needs it");
  }
  if (target.ends_with("MegatronPretraining") && !f.has(section + ".splits_to_build")) {
    f.warning(section + ".splits_to_build", "not given; say train, validation or test");
  }
}

void streamed_data_has_an_end(Findings& f) {
  const std::string target = f.text("dataset._target_");
  if (is_streamed(target) && !f.has("step_scheduler.max_steps")) {
    f.problem("step_scheduler.max_steps",
              "this required key is missing: the data set is streamed and has no length");
  }
  const bool is_tokens = target.ends_with("NanogptDataset");
  if ((is_tokens || f.is_true("dataset.repeat_on_exhaustion")) &&
      f.is_given("step_scheduler.num_epochs")) {
    f.warning("step_scheduler.num_epochs",
              fmt::format("ignored: the data set begins again until max_steps{}",
                          is_tokens ? "" : "; dataset.repeat_on_exhaustion: false has epochs"));
  }
}

/// As torch's loader has it.
void workers_are_there(Findings& f, const std::string& section) {
  if (f.integer(section + ".num_workers").value_or(0) > 0) {
    return;
  }
  if (f.has(section + ".prefetch_factor")) {
    f.problem(section + ".prefetch_factor", "needs num_workers > 0");
  }
  if (f.is_true(section + ".persistent_workers")) {
    f.problem(section + ".persistent_workers", "needs num_workers > 0");
  }
}

void tokenizer_is_one(Findings& f, const std::string& section) {
  const std::string own = section + ".tokenizer";
  if (!f.is_given(own)) {
    return;
  }
  const auto read = [&](const std::string& path) {
    const Node* node = find_path(f.tree(), path);
    return node == nullptr ? Json() : to_json(*node);
  };
  if (read(own) != read("dataset.tokenizer")) {
    f.problem(own,
              "differs from dataset.tokenizer; one tokenizer serves all data sets of a run: "
              "leave it out here");
  }
}

/// Upstream's loaders of hub data sets leave the limit out beside a slice.
void limit_counts(Findings& f, const std::string& section) {
  const std::string target = f.text(section + "._target_");
  const bool is_limited_by_slice =
      target.ends_with("make_squad_dataset") || target.ends_with("make_xlam_dataset") ||
      (target.ends_with("make_agent_chat_dataset") && f.has(section + ".dataset_name"));
  if (is_limited_by_slice && f.has(section + ".limit_dataset_samples") &&
      f.text(section + ".split").find('[') != std::string::npos) {
    f.warning(section + ".limit_dataset_samples", "ignored: split has a slice already");
  }
}

/// The section, or the parts that it blends.
std::vector<std::string> blended_sections(const Findings& f, const std::string& section) {
  const Node* parts = find_path(f.tree(), section + ".parts");
  if (parts == nullptr) {
    return {section};
  }
  std::vector<std::string> out;
  for (std::size_t i = 0; i < parts->items.size(); ++i) {
    out.push_back(fmt::format("{}.parts.{}", section, i));
  }
  return out;
}

void validation_has_data(Findings& f, const std::vector<std::string>& sections) {
  const bool any = std::any_of(sections.begin(), sections.end(),
                               [&](const std::string& section) { return f.has(section); });
  if (!any && f.is_given("step_scheduler.val_every_steps") &&
      f.has("step_scheduler.val_every_steps")) {
    f.warning("step_scheduler.val_every_steps", "ignored: there is no validation_dataset");
  }
}

void restoring_is_enabled(Findings& f) {
  if (!f.is_true("checkpoint.enabled") && f.has("checkpoint.restore_from")) {
    f.warning("checkpoint.restore_from",
              "ignored: checkpoint.enabled is false, so nothing is restored or saved");
  }
}

/// Only a shell replaces "~", and not after "=" in --checkpoint.checkpoint_dir=~/runs; what an
/// unset variable leaves of such a word is empty.
void folder_is_spelt_out(Findings& f) {
  const std::string path = "checkpoint.checkpoint_dir";
  const std::string folder = f.text(path);
  if (folder.empty() && f.has(path)) {
    f.problem(path, "is empty; name a folder");
  }
  if (folder == "~" || folder.starts_with("~/")) {
    f.problem(path, fmt::format("'{}' would be a folder named ~ here; write ${{oc.env:HOME}}{}",
                                folder, folder.substr(1)));
  }
}

void loader_fits(Findings& f, const std::string& section, const std::string& target) {
  if (f.is_given(section + ".dataloader_type") && !target.empty() &&
      !target.ends_with("MegatronPretraining")) {
    f.problem(section + ".dataloader_type", "only Megatron data sets have this key");
  }
  const Node* batch = find_path(f.tree(), section + ".batch_size");
  if (batch != nullptr && batch->is_null() && !target.empty() && !is_streamed(target)) {
    f.problem(section + ".batch_size", "null is for streamed data sets that yield whole batches");
  }
}

/// `packed_sequence` has one set of keys for text and one for images.
void packing_is_the_kinds_own(Findings& f) {
  const bool sees = f.text("recipe._target_").ends_with("VLM");
  const std::vector<const char*> keys =
      sees ? std::vector{"packed_sequence_size"}
           : std::vector{"pack_size",      "pretokenize",          "max_length",
                         "packing_ratio",  "balance_media_tokens", "collate_max_length",
                         "packing_format", "attn_implementation",  "post_tokenize_hook_fn"};
  for (const char* key : keys) {
    const std::string path = fmt::format("packed_sequence.{}", key);
    if (f.is_given(path) && sees) {
      f.warning(path, "ignored: vision-language recipes read pack_size");
    } else if (f.is_given(path)) {
      f.problem(path,
                "only vision-language recipes have this key; text is packed by "
                "packed_sequence_size");
    }
  }
}

/// Keys that other keys leave nothing to say.
void loader_keys_count(Findings& f) {
  const bool packs = f.integer("packed_sequence.packed_sequence_size").value_or(0) > 0;
  if (packs && f.is_true("dataloader.group_by_length")) {
    f.warning("dataloader.group_by_length", "ignored: packs are about equally long");
  }
  for (const char* key : {"packing_strategy", "max_packs", "long_samples", "drop_long_samples"}) {
    const auto path = fmt::format("packed_sequence.{}", key);
    if (!packs && f.is_given(path) && f.has(path)) {
      f.warning(path, "ignored: packed_sequence_size is 0, so nothing is packed");
    }
  }
  if (f.text("dataset._target_").ends_with("MegatronPretraining") &&
      f.is_given("dataloader.shuffle") && f.has("dataloader.shuffle")) {
    f.warning("dataloader.shuffle", "ignored: dataloader_type says the order of Megatron data");
  }
  if (f.is_given("validation_dataloader.dataloader_type")) {
    f.warning("validation_dataloader.dataloader_type",
              "ignored: validation takes every row once, in order");
  }
}

void eos_ends_answers(Findings& f) {
  if (classifies(f) && f.is_true("dataset.tokenizer.add_eos_token")) {
    f.problem("dataset.tokenizer.add_eos_token",
              "a classifier's texts end as the tokenizer ends them; leave the key out");
  }
}

/// The name of such a section's set.
std::string validation_set(const std::string& section) {
  constexpr std::string_view kSection = "validation_dataset";
  return section == kSection ? "default"
                             : section.substr(std::min(section.size(), kSection.size() + 1));
}

std::vector<std::string> validation_sections(const Node& tree) {
  std::vector<std::string> names;
  for (const Entry& entry : tree.entries) {
    if (entry.key.starts_with("validation_dataset") && entry.key.find('.') == std::string::npos) {
      names.push_back(entry.key);
    }
  }
  return names;
}

/// Of their results' files, too.
void validation_sets_have_names(Findings& f, const std::vector<std::string>& sections) {
  std::vector<std::string> names;
  for (const std::string& section : sections) {
    const std::string name = validation_set(section);
    if (name.empty() || name.find('/') != std::string::npos) {
      f.problem(section, "has no name that a file can have; write e.g. validation_dataset_news");
    } else if (std::ranges::find(names, name) != names.end()) {
      f.problem(section, fmt::format("another section is the validation set '{}' as well", name));
    }
    names.push_back(name);
  }
}

/// Tags are files.
void watchers_have_names(Findings& f) {
  const Node* tags = find_path(f.tree(), "mlflow.tags");
  for (const Entry& tag : tags == nullptr ? std::vector<Entry>() : tags->entries) {
    if (!stays_inside(tag.key)) {
      f.problem("mlflow.tags", fmt::format("'{}' is no name of a tag: it must be relative and "
                                           "without '..'",
                                           tag.key));
    }
  }
  const std::string id = f.text("wandb.id");
  if (f.has("wandb.id") && !is_file_name(id)) {
    f.problem("wandb.id",
              fmt::format("'{}' is no id of a run; use letters, digits, '-' and '_'", id));
  }
}

void best_metric_exists(Findings& f) {
  const std::string key = f.text("checkpoint.best_metric_key");
  const auto sections = validation_sections(f.tree());
  const bool exists = std::any_of(sections.begin(), sections.end(), [&](const std::string& name) {
    return validation_set(name) == key;
  });
  if (f.is_given("checkpoint.best_metric_key") && !exists && key != "default") {
    f.problem("checkpoint.best_metric_key",
              fmt::format("'{}' is no validation set; there is no section validation_dataset_{}",
                          key, key));
  } else if (sections.size() > 1 && !exists) {
    f.warning("checkpoint.best_metric_key",
              "none of the validation sets is the one that defines LOWEST_VAL; name one here");
  }
}

void format_suits_the_weights(Findings& f) {
  if (f.text("checkpoint.model_save_format") != "torch_save") {
    return;
  }
  if (f.has("peft")) {
    f.warning("checkpoint.model_save_format",
              "torch_save is without effect: adapters are saved as safetensors, as upstream does");
  } else if (f.is_given("checkpoint.save_consolidated") &&
             f.text("checkpoint.save_consolidated") != "false") {
    f.warning("checkpoint.save_consolidated",
              "needs model_save_format: safetensors; no Hugging Face folder is written");
  }
}

/// Where a key of these names a path on this machine a revision beside it has no effect.
void revision_is_of_the_hub(Findings& f, const std::string& section) {
  const std::string revision = section + ".revision";
  if (!f.has(revision)) {
    return;
  }
  std::vector<std::string> keys(kHubDataKeys.begin(), kHubDataKeys.end());
  keys.emplace_back("pretrained_model_name_or_path");
  for (const std::string& key : keys) {
    const std::string place = fmt::format("{}.{}", section, key);
    const std::string name = f.text(place);
    std::error_code ignored;  // e.g. a name too long for a path
    if (!name.empty() && std::filesystem::exists(name, ignored)) {
      f.warning(revision,
                fmt::format("has no effect: {} is {}, a path on this machine, which has no "
                            "versions",
                            place, name));
    }
  }
}

}  // namespace

void check_section_rules(Findings& findings) {
  kind_has_its_sections(findings);
  benchmark_is_complete(findings);
  model_is_named(findings, "model");
  model_is_named(findings, "teacher_model");
  weights_have_their_own_config(findings);
  data_set_is_consistent(findings, "dataset");
  streamed_data_has_an_end(findings);
  loader_fits(findings, "dataloader", findings.text("dataset._target_"));
  loader_keys_count(findings);
  eos_ends_answers(findings);
  const auto validation = validation_sections(findings.tree());
  auto all_data = validation;
  all_data.insert(all_data.begin(), "dataset");
  task_is_one(findings, all_data);
  revision_is_of_the_hub(findings, "model");
  for (const std::string& section : all_data) {
    revision_is_of_the_hub(findings, section);
    revision_is_of_the_hub(findings, section + ".tokenizer");
    for (const std::string& part : blended_sections(findings, section)) {
      limit_counts(findings, part);
    }
  }
  for (const std::string& section : validation) {
    data_set_is_consistent(findings, section);
    tokenizer_is_one(findings, section);
  }
  validation_has_data(findings, validation);
  validation_sets_have_names(findings, validation);
  watchers_have_names(findings);
  loader_fits(findings, "validation_dataloader", findings.text("validation_dataset._target_"));
  tool_calls_are_evaluated(findings);
  packing_is_the_kinds_own(findings);
  best_metric_exists(findings);
  format_suits_the_weights(findings);
  restoring_is_enabled(findings);
  folder_is_spelt_out(findings);
  workers_are_there(findings, "dataloader");
  workers_are_there(findings, "validation_dataloader");
}

}  // namespace automodel::config
