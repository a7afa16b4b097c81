#include "config/schema/sections.h"

namespace automodel::config {
namespace {

constexpr const char* kNoUtilisation = "'automodel bench' tells the utilisation";

Key tool_call_eval() {
  return target_mapping(
      "tool_call_eval", "generates tool calls after each validation and compares them",
      {{.name = "nemo_automodel.components.eval.tool_call_evaluator.ToolCallAccuracyEvaluator",
        .doc = "share of exact tool calls",
        .keys = {text("dataset_name", "hub data set; this or path").or_null(),
                 text("path", "JSONL file; this or dataset_name").or_list().or_null(),
                 text("split", "part of the data set", "train"),
                 integer("limit_dataset_samples", "rows that are read").at_least(1).or_null(),
                 integer("max_eval_samples", "rows that are evaluated").at_least(1).or_null(),
                 integer("max_new_tokens", "longest answer", 256).at_least(1),
                 integer("max_prompt_tokens", "longest prompt").at_least(1).or_null(),
                 flag("do_sample", "sample instead of taking the likeliest token", false),
                 text("metric_prefix", "beginning of the metrics' names", "tool_call"),
                 flag("sample_shard", "split the rows over ranks").or_null(),
                 flag("raise_on_cuda_oom", "accepted", true),
                 flag("run_on_fsdp2", "also with sharded weights", false)}}});
}

Key benchmark() {
  return mapping("benchmark", "timing; read by the benchmark recipe only",
                 {integer("warmup_steps", "steps that are not timed").at_least(0),
                  number("peak_tflops", "the device's peak, for the utilisation").greater_than(0),
                  integer("nsys_start", "first profiled step; -1: none"),
                  integer("nsys_end", "last profiled step; -1: none").without_effect(kForGpus),
                  integer("nsys_ranks", "profiled ranks").or_list().without_effect(kForGpus),
                  text("json_output_path", "file for the figures").or_null(),
                  integer("num_nodes", "").at_least(1).unread("the launcher decides")})
      .accepting(Extra::ignored);
}

Key compile() {
  return mapping(
             "compile", "accepted; the kernels here are compiled ahead",
             {flag("enabled", "on", false).without_effect(kCompiledAhead),
              text("mode", "effort", "default")
                  .one_of(
                      {"default", "reduce-overhead", "max-autotune", "max-autotune-no-cudagraphs"})
                  .or_absent(),
              flag("fullgraph", "one graph", false),
              flag("dynamic", "shapes may change", false).or_null(),
              text("backend", "compiler").or_null(), anything("options", "options of the compiler"),
              integer("dynamo_cache_size_limit", "compiled variants", 256).at_least(1)})
      .accepting(Extra::ignored);
}

}  // namespace

std::vector<Key> small_sections() {
  Key neftune = mapping("neftune", "noise on embeddings; a number is noise_alpha",
                        {number("noise_alpha", "strength", 5.0).at_least(0)});
  neftune.forms |= kInteger | kNumber;
  neftune.least = 0;
  return {
      compile(),
      benchmark(),
      number("kd_ratio", "loss = (1 - kd_ratio) * cross-entropy + kd_ratio * distillation", 0.5)
          .at_least(0)
          .at_most(1),
      flag("offload_teacher_model", "keep the teacher in CPU memory between uses", false),
      flag("separate_meshes", "teacher and student on different ranks", false),
      neftune,
      mapping(
          "moe_metrics", "adds to training.jsonl how evenly experts are used; see moe.md",
          {flag("enabled", "on", false),
           text("mode", "how much", "brief").one_of({"brief", "detailed"}),
           integer("detailed_every_steps", "steps between detailed reports").at_least(1).or_null(),
           integer("top_k_experts", "how many of the most and of the least used are listed", 0)
               .at_least(0)})
          .accepting(Extra::ignored),
      mapping("mfu", "utilisation of the device",
              {text("device", "name of the device").or_null().without_effect(kNoUtilisation),
               number("peak_tflops", "its peak")
                   .greater_than(0)
                   .or_null()
                   .without_effect(kNoUtilisation)}),
      mapping(
          "prewarm", "accepted; for GPUs",
          {flag("cublas_backward", "for GPUs", false), flag("fla_gdn_autotune", "for GPUs", false),
           flag("mamba_ssd_autotune", "for GPUs", false), flag("comm_groups", "for GPUs", false)})
          .without_effect(kForGpus),
      mapping("embedding_row_repair", "replaces rows of the embedding that are nearly zero",
              {flag("enabled", "on", true),
               number("min_norm", "rows shorter than this are replaced", 1e-6).at_least(0),
               integer("max_rows", "more rows than this are an error", 256).at_least(1)}),
      tool_call_eval(),
      mapping("freeze_config", "parts of a vision-language model that are not trained",
              {flag("freeze_vision_tower", "the vision tower", true).without_effect(kNoTowers),
               flag("freeze_audio_tower", "the audio tower", false).without_effect(kNoTowers),
               flag("freeze_language_model", "the language model", false),
               anything("freeze_modules", "modules by name, as later versions of upstream have it"),
               anything("unfreeze_modules", "modules that are trained nevertheless"),
               flag("freeze_embeddings", "").unread("nothing reads it")})
          .accepting(Extra::ignored),
      texts("sdpa_method", "accepted; chooses an implementation")
          .or_null()
          .without_effect(kOwnKernels),
      flag("nvtx", "accepted; marks for a GPU profiler", false)
          .or_absent()
          .without_effect(kForGpus),
      mapping("processor", "image processor of a vision-language model", {})
          .accepting(Extra::free)
          .without_effect("a language model sees no images"),
  };
}

}  // namespace automodel::config
