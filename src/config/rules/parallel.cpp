#include <fmt/format.h>

#include "config/rules/findings.h"

namespace automodel::config {
namespace {

std::int64_t size_of(const Findings& f, const std::string& section, const char* key) {
  return f.integer(section + "." + key).value_or(1);
}

void accumulation_is_whole(Findings& f) {
  const auto global = f.integer("step_scheduler.global_batch_size");
  const auto local = f.integer("step_scheduler.local_batch_size");
  const std::int64_t dp = size_of(f, "distributed", "dp_size");
  if (global && local && *global % (*local * dp) != 0) {
    f.problem(
        "step_scheduler.global_batch_size",
        fmt::format("{} is not divisible by local_batch_size {}{}; the quotient is the number of "
                    "micro-batches of a step",
                    *global, *local, dp > 1 ? fmt::format(" * distributed.dp_size {}", dp) : ""));
  }
}

void sizes_fit(Findings& f, const std::string& section) {
  const auto dp = f.integer(section + ".dp_size");
  const auto replicas = f.integer(section + ".dp_replicate_size");
  const std::int64_t ep = size_of(f, section, "ep_size");
  if (dp && replicas && *replicas > 1 && (*dp % *replicas != 0 || *replicas >= *dp)) {
    f.problem(section + ".dp_replicate_size",
              fmt::format("{} must divide dp_size {} and be smaller", *replicas, *dp));
  }
  const std::int64_t ranks =
      dp.value_or(0) * size_of(f, section, "cp_size") * size_of(f, section, "tp_size");
  if (dp && ranks % ep != 0) {
    f.problem(section + ".ep_size",
              fmt::format("{} must divide dp_size * cp_size * tp_size = {}", ep, ranks));
  }
}

void strategy_allows_sizes(Findings& f, const std::string& section) {
  const std::string strategy = f.text(section + ".strategy");
  for (const char* key : {"tp_size", "pp_size", "cp_size", "ep_size"}) {
    const std::string_view name(key);
    const bool allowed = strategy == "fsdp2" || strategy.empty() ||
                         (strategy == "megatron_fsdp" && (name == "tp_size" || name == "cp_size"));
    if (!allowed && size_of(f, section, key) > 1) {
      f.problem(section + "." + key, fmt::format("{} is not possible with strategy {}; use fsdp2",
                                                 size_of(f, section, key), strategy));
    }
  }
  if (strategy != "fsdp2" && size_of(f, section, "dp_replicate_size") > 1) {
    f.problem(section + ".dp_replicate_size", "only strategy fsdp2 has replicated groups");
  }
}

void selective_is_allowed(Findings& f, const std::string& section) {
  if (f.text(section + ".activation_checkpointing") == "selective" &&
      f.text(section + ".strategy") == "megatron_fsdp") {
    f.problem(section + ".activation_checkpointing",
              "selective is not possible with megatron_fsdp");
  }
}

void pipeline_fits(Findings& f, const std::string& section) {
  const std::int64_t pp = size_of(f, section, "pp_size");
  const std::string pipeline = section + ".pipeline";
  if (pp > 1 && !f.has(pipeline)) {
    f.problem(pipeline, fmt::format("pp_size is {}, which needs a pipeline section", pp));
    return;
  }
  if (pp <= 1) {
    return;
  }
  const std::int64_t local = f.integer("step_scheduler.local_batch_size").value_or(1);
  const std::int64_t micro = f.integer(pipeline + ".pp_microbatch_size").value_or(1);
  if (local / micro < pp) {
    f.problem(
        pipeline + ".pp_microbatch_size",
        fmt::format(
            "local_batch_size {} makes {} micro-batches of {}; at least pp_size {} are needed",
            local, local / micro, micro, pp));
  }
}

void row_repair_without_pipeline(Findings& f) {
  if (f.has("embedding_row_repair") && size_of(f, "distributed", "pp_size") > 1) {
    f.problem("embedding_row_repair", "not possible with pp_size > 1");
  }
}

void separate_meshes_fit(Findings& f) {
  const bool separate = f.is_true("separate_meshes");
  if (!separate) {
    if (f.has("teacher_distributed")) {
      f.problem("teacher_distributed", "needs separate_meshes: true");
    }
    return;
  }
  if (f.is_true("offload_teacher_model")) {
    f.problem("offload_teacher_model", "not possible with separate_meshes");
  }
  for (const char* section : {"distributed", "teacher_distributed"}) {
    const std::string name(section);
    if (!f.has(name + ".dp_size")) {
      f.problem(name + ".dp_size", "separate_meshes needs this size for both models");
    }
    if (f.text(name + ".strategy") == "ddp") {
      f.problem(name + ".strategy", "ddp is not possible with separate_meshes");
    }
  }
}

void teacher_pipeline_fits(Findings& f) {
  const std::int64_t local = f.integer("step_scheduler.local_batch_size").value_or(1);
  const auto micro = f.integer("teacher_distributed.pipeline.pp_microbatch_size");
  if (size_of(f, "teacher_distributed", "pp_size") > 1 && micro && local % *micro != 0) {
    f.problem("teacher_distributed.pipeline.pp_microbatch_size",
              fmt::format("{} must divide step_scheduler.local_batch_size {}", *micro, local));
  }
}

}  // namespace

void check_parallel_rules(Findings& findings) {
  accumulation_is_whole(findings);
  for (const char* section : {"distributed", "teacher_distributed"}) {
    if (findings.has(section)) {
      sizes_fit(findings, section);
      strategy_allows_sizes(findings, section);
      selective_is_allowed(findings, section);
      pipeline_fits(findings, section);
    }
  }
  row_repair_without_pipeline(findings);
  separate_meshes_fit(findings);
  teacher_pipeline_fits(findings);
}

}  // namespace automodel::config
