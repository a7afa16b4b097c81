#include <utility>

#include "config/schema/sections.h"

namespace automodel::config {
namespace {

constexpr const char* kComputeDtype = "model.compute_dtype says in what is computed";

Key size(std::string name, std::string doc) {
  return integer(std::move(name), std::move(doc), 1).at_least(1).or_absent();
}
Key accepted_target(std::vector<std::string> names) {
  return text("_target_", "accepted and ignored").one_of(std::move(names)).or_absent();
}

Key scope() {
  return text(
             "activation_checkpointing_scope",
             "what is recomputed: all, or language, vision, audio, multimodal joined by '+' or ','",
             "all")
      .or_list()
      .without_effect(kNoTowers);
}

Key autocast() {
  return dtype("autocast_dtype", "element type of autocast; null: none")
      .or_null()
      .without_effect(kComputeDtype);
}

Key activation_checkpointing() {
  return flag(
             "activation_checkpointing",
             "recompute activations in the backward pass instead of keeping them: false, true "
             "(full: whole blocks), selective (the inner products of feed-forwards) or auto (ours: "
             "the least that makes the step fit into memory)",
             false)
      .one_of({"full|on|yes|enabled|true", "selective", "auto", "off|none|no|disabled|false"})
      .in_any_case()
      .or_absent();
}

Key mp_policy(std::string doc, std::string param_doc) {
  return mapping("mp_policy", std::move(doc),
                 {accepted_target({"torch.distributed.fsdp.MixedPrecisionPolicy"}),
                  dtype("param_dtype", std::move(param_doc)).or_null(),
                  dtype("reduce_dtype", "element type of gradient sums; null: no cast")
                      .or_null()
                      .without_effect(kOneProcess),
                  dtype("output_dtype", "element type of outputs; null: no cast")
                      .or_null()
                      .without_effect("the loss is computed in float32"),
                  flag("cast_forward_inputs", "cast the inputs of each block", true)
                      .without_effect(kComputeDtype)})
      .otherwise("bfloat16, reduced in float32, bfloat16 outputs");
}

Key offload_policy() {
  return mapping("offload_policy", "keep shards in CPU memory",
                 {accepted_target({"torch.distributed.fsdp.CPUOffloadPolicy"}),
                  flag("pin_memory", "in page-locked memory", true)});
}

/// All of them are about several processes.
std::vector<Key> of_several_processes(std::vector<Key> keys) {
  for (Key& key : keys) {
    key = key.without_effect(kOneProcess);
  }
  return keys;
}

std::vector<Key> fsdp2_keys() {
  std::vector<Key> keys = of_several_processes(
      {flag("sequence_parallel",
            "split activations between tensor-parallel ranks along the sequence", false),
       anything("tp_plan", "accepted; how tensors are split follows from the model").or_null(),
       flag("patch_is_packed_sequence", "accepted", false),
       flag("defer_fsdp_grad_sync", "reduce gradients once per optimizer step", true),
       flag("reshard_after_forward",
            "free gathered weights after the forward pass; null: all blocks but the last")
           .or_null(),
       flag("enable_async_tensor_parallel",
            "overlap tensor-parallel exchange; implies sequence_parallel", false),
       flag("enable_compile", "accepted; chooses an implementation", false),
       flag("enable_fsdp2_prefetch", "gather weights ahead", false),
       integer("fsdp2_backward_prefetch_depth", "blocks gathered ahead in the backward pass", 2)
           .at_least(0),
       integer("fsdp2_forward_prefetch_depth", "blocks gathered ahead in the forward pass", 1)
           .at_least(0),
       mapping("multimodal", "sharding of vision and audio towers",
               {text("frozen_sharding", "sharding of frozen towers")
                    .one_of({"root", "per_layer", "replicate"})
                    .or_null(),
                mapping("vision", "the vision tower",
                        {anything("frame_sharding", "sharding over frames").or_null()})})});
  keys.insert(
      keys.end(),
      {mp_policy(
           "element types of sharded training",
           "element type of the arithmetic: float32 is model.compute_dtype's, bfloat16 and null "
           "mean its auto"),
       offload_policy(), autocast(), scope()});
  return keys;
}

std::vector<Key> ddp_keys() {
  std::vector<Key> keys = of_several_processes(
      {flag("broadcast_buffers", "send buffers from rank 0 each step", false),
       flag("find_unused_parameters", "expect parameters without gradient", false),
       flag("static_graph", "the graph is the same each step", false),
       number("bucket_cap_mb", "megabytes per gradient bucket").greater_than(0).or_null(),
       flag("gradient_as_bucket_view", "gradients are views of the buckets", false)});
  keys.insert(keys.end(), {scope(), autocast()});
  return keys;
}

std::vector<Key> megatron_fsdp_keys() {
  std::vector<Key> keys = {
      anything("megatron_fsdp_unit_modules", "modules that are sharded as one").or_null(),
      integer("zero_dp_strategy",
              "what is sharded: 0 nothing, 1 optimizer state, 2 also gradients, 3 also weights", 3)
          .at_least(0)
          .at_most(3)};
  const std::vector<std::pair<std::string, bool>> flags = {
      {"init_fsdp_with_meta_device", false}, {"grad_reduce_in_fp32", false},
      {"preserve_fp32_weights", false},      {"overlap_grad_reduce", true},
      {"overlap_param_gather", true},        {"check_for_nan_in_grad", true},
      {"report_nan_in_param_grad", false},   {"average_in_collective", false},
      {"disable_bucketing", false},          {"calculate_per_token_loss", false},
      {"keep_fp8_transpose_cache", false},   {"nccl_ub", false},
      {"fsdp_double_buffer", false}};
  for (const auto& [name, fallback] : flags) {
    keys.push_back(flag(name, "as in Megatron-FSDP", fallback));
  }
  return of_several_processes(std::move(keys));
}

Key moe() {
  return mapping(
             "moe", "expert parallelism; ignored unless ep_size > 1",
             {accepted_target({"nemo_automodel.components.distributed.config.MoEParallelizerConfig",
                               "nemo_automodel.components.moe.config.MoEParallelizerConfig",
                               "nemo_automodel.components.moe.parallelizer.MoEParallelizerConfig"}),
              flag("ignore_router_for_ac", "keep the router's outputs instead of recomputing them",
                   true),
              flag("reshard_after_forward", "free gathered experts after the forward pass", false),
              dtype("lm_head_precision", "element type of the head").or_null(),
              flag("wrap_outer_model", "shard embedding and head as well", true),
              mp_policy("element types of the experts", "element type of the arithmetic")})
      .without_effect(kOneProcess);
}

}  // namespace

Key pipeline_key(std::string name) {
  return mapping(
             std::move(name),
             "how the layers are split over pp_size ranks; ignored unless pp_size > 1",
             {accepted_target(
                  {"nemo_automodel.components.distributed.pipelining.config.PipelineConfig",
                   "nemo_automodel.components.distributed.pipelining.PipelineConfig",
                   "nemo_automodel.components.distributed.pipelining.AutoPipeline",
                   "nemo_automodel.components.distributed.pipelining.autopipeline.AutoPipeline"}),
              text("pp_schedule", "order of micro-batches", "1f1b")
                  .one_of({"gpipe", "1f1b", "interleaved1f1b", "loopedbfs", "interleavedzerobubble",
                           "zbvzerobubble", "dualpipev"})
                  .in_any_case(),
              text("pp_schedule_csv", "file with a schedule").or_null(),
              integer("pp_microbatch_size", "sequences per pipeline micro-batch", 1).at_least(1),
              integer("layers_per_stage", "layers of a virtual stage")
                  .at_least(1)
                  .or_null()
                  .otherwise("one stage per rank"),
              text("round_virtual_stages_to_pp_multiple",
                   "rounding of the number of virtual stages")
                  .one_of({"up", "down"})
                  .or_null(),
              anything("module_fqns_per_model_part", "names of the modules of each part").or_null(),
              flag("patch_inner_model", "accepted", true),
              flag("patch_causal_lm_model", "accepted", true),
              flag("patch_stage_backward_maybe_with_nosync", "accepted", false),
              dtype("dtype", "element type between stages")
                  .or_null()
                  .otherwise("mp_policy.output_dtype"),
              flag("scale_grads_in_schedule", "divide gradients by the number of micro-batches",
                   false),
              integer("pp_seq_len", "sequence length of the stages")
                  .at_least(1)
                  .or_null()
                  .otherwise("packed_sequence_size, else dataset.seq_len"),
              integer("pp_batch_size", "accepted; local_batch_size counts").or_null(),
              anything("loss_fn", "accepted; the recipe's loss_fn counts")})
      .without_effect(kOneProcess);
}

Key dist_env_section() {
  return mapping("dist_env", "process groups",
                 {text("backend", "collectives; one process, and every CPU run, uses gloo", "nccl")
                      .without_effect(kOneProcess),
                  text("device", "auto (a GPU if there is one), cpu, cuda or cuda:N", "auto").own(),
                  integer("timeout_minutes", "longest wait for another rank", 1)
                      .at_least(1)
                      .without_effect(kOneProcess),
                  text("init_method", "").unread("one process does the training")})
      .accepting(Extra::ignored)
      .always_there();
}

Key distributed_section(std::string name) {
  const bool student = name == "distributed";
  Key section =
      target_mapping(
          std::move(name),
          student ? "how the work is split over ranks" : "how the teacher is split over ranks",
          {{.name = "fsdp2",
            .doc = "parameters, gradients and optimizer state are sharded",
            .keys = fsdp2_keys()},
           {.name = "ddp", .doc = "every rank holds everything", .keys = ddp_keys()},
           {.name = "megatron_fsdp",
            .doc = "as fsdp2, Megatron's way",
            .keys = megatron_fsdp_keys(),
            .aliases = {"megatron-fsdp", "mfsdp"}}})
          .selected_by("strategy", "fsdp2")
          .in_any_case();
  section.keys = {
      integer("dp_size", "data-parallel ranks")
          .at_least(1)
          .or_null()
          .otherwise("ranks / (tp_size * cp_size * pp_size)"),
      integer("dp_replicate_size", "groups of ranks that hold the same shard (fsdp2)")
          .at_least(1)
          .or_null()
          .otherwise("1"),
      size("tp_size", "ranks that split each tensor"),
      size("pp_size", "ranks that split the layers"),
      size("cp_size", "ranks that split each sequence"),
      size("ep_size", "ranks that split the experts"),
      activation_checkpointing(),
      pipeline_key("pipeline"),
      moe(),
      accepted_target({"nemo_automodel.components.distributed.fsdp2.FSDP2Manager",
                       "nemo_automodel.components.distributed.ddp.DDPManager",
                       "nemo_automodel.components.distributed.megatron_fsdp.MegatronFSDPManager",
                       "nemo_automodel.components.distributed.config.FSDP2Config",
                       "nemo_automodel.components.distributed.config.DDPConfig",
                       "nemo_automodel.components.distributed.config.MegatronFSDPConfig"}),
      anything("_recursive_", "accepted and ignored").without_effect(kOneProcess),
      anything("_convert_", "accepted and ignored").without_effect(kOneProcess),
  };
  return student ? section.must() : section;
}

}  // namespace automodel::config
