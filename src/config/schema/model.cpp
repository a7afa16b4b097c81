#include <utility>

#include "config/schema/config_names.h"
#include "config/schema/sections.h"

namespace automodel::config {
namespace {

constexpr const char* kOfConfig = "as in the model's config.json";

/// `model.config`: where the architecture comes from, or overrides of it.
Key config_key() {
  std::vector<Key> types;
  for (const char* name : {"dtype", "torch_dtype"}) {
    types.push_back(dtype(name, "accepted; model.torch_dtype counts")
                        .or_auto()
                        .or_absent()
                        .without_effect("model.torch_dtype counts"));
  }
  const auto source =
      joined({text("pretrained_model_name_or_path", "folder or hub id of a config.json"),
              text("name_or_path", "the same"), text("revision", "version on the hub").or_null(),
              flag("trust_remote_code", "accepted; no code of a checkpoint is ever run", false)
                  .without_effect(kNoRemoteCode)},
             types);
  Key key = target_mapping("config",
                           "where the architecture comes from; a text is a folder or hub id; a "
                           "mapping without `_target_` overrides keys of config.json, as all "
                           "beside from_pretrained do: its architecture is the weights' own",
                           {{.name = "transformers.AutoConfig.from_pretrained",
                             .doc = "config.json of a model, with overrides",
                             .keys = joined(source, architecture_keys()),
                             .aliases = {"transformers.AutoConfig"},
                             .extra = Extra::model_config},
                            {.name = "transformers.<Family>Config.from_pretrained",
                             .doc = "the same by the family's class",
                             .keys = joined(source, architecture_keys()),
                             .extra = Extra::model_config,
                             .matches = is_config_from_pretrained},
                            {.name = "transformers.<Family>Config",
                             .doc = "the family's default architecture, with overrides",
                             .keys = joined(types, architecture_keys()),
                             .extra = Extra::model_config,
                             .matches = is_config_class},
                            {.name = "",
                             .doc = "overrides of config.json",
                             .keys = joined(source, architecture_keys()),
                             .extra = Extra::model_config}})
                .selected_by("_target_", "")
                .or_text();
  return key;
}

Key attention() {
  return text("attn_implementation", "accepted; attention is chosen by the machine")
      .one_of({"sdpa", "eager", "flash_attention_2", "flash_attention_3", "flash_attention_4",
               "flex_attention", "te", "magi", "ffpa"})
      .or_absent()
      .without_effect(kOwnKernels);
}

/// Of upstream's MoEConfig what says how to train; the rest is the checkpoint's.
Key moe_overrides_key() {
  std::vector<Key> keys = {
      number("aux_loss_coeff", "weight of the balance loss over each document")
          .at_least(0)
          .or_null()
          .otherwise("0"),
      number("z_loss_coeff", "weight of the z-loss").at_least(0).or_null().otherwise("0").own(),
      number("gate_bias_update_factor",
             "by how much each expert's correction follows its load after a step")
          .at_least(0)
          .or_null()
          .otherwise("0.001 for deepseek_v3 without adapters, else 0")};
  for (const std::string& name : moe_architecture_names()) {
    keys.push_back(anything(name, "not supported: config.json says it"));
  }
  return mapping("moe_overrides", "what training does to the routers; see moe.md", std::move(keys));
}

std::vector<Key> common_keys() {
  return {
      dtype("torch_dtype",
            "element type of the weights; auto: from_pretrained keeps the checkpoint's (float32 "
            "for float64), "
            "from_config takes bfloat16",
            "auto")
          .or_auto(),
      dtype("dtype", "the same as torch_dtype").or_auto().or_absent().own(),
      dtype("compute_dtype",
            "element type of the arithmetic; auto: bfloat16 if the weights are stored so and the "
            "processor computes in it, else float32",
            "auto")
          .or_auto()
          .own(),
      text("revision", "version on the hub").or_null(),
      attention(),
      flag("use_liger_kernel", "accepted; chooses an implementation", true)
          .without_effect(kOwnKernels),
      flag("use_sdpa_patching", "accepted; chooses an implementation", true)
          .without_effect(kOwnKernels),
      texts("sdpa_method", "accepted; chooses an implementation")
          .or_absent()
          .without_effect(kOwnKernels),
      flag("force_hf", "accepted; chooses an implementation", false).without_effect(kOwnKernels),
      flag("trust_remote_code", "accepted; no code of a checkpoint is ever run")
          .or_absent()
          .without_effect(kNoRemoteCode),
      flag("output_hidden_states", "must be true for FusedLinearCrossEntropy", false)
          .without_effect(kOwnKernels),
      text("cache_dir", "the hub's cache").or_null().without_effect(kHubCache),
      mapping("freeze_config", "towers of a vision-language model that are not trained", {})
          .accepting(Extra::free)
          .without_effect(kNoTowers),
      moe_overrides_key(),
      backend_key()};
}

std::vector<Key> pretrained_keys() {
  return joined({text("pretrained_model_name_or_path",
                      "folder, .gguf file or hub id of the model; also names the tokenizer")
                     .must(),
                 config_key()},
                common_keys());
}

std::vector<Key> configured_keys() {
  return joined(
      {config_key().must(),
       text("pretrained_model_name_or_path", "names the tokenizer, where `config` does not"),
       flag("load_base_model", "load the weights of the model that `config` names after all",
            false)},
      common_keys());
}

Target entry(const std::string& task, const std::string& method, std::string doc,
             std::vector<Key> keys) {
  const std::string name = "NeMoAutoModelFor" + task + "." + method;
  std::vector<std::string> aliases = {"nemo_automodel._transformers." + name,
                                      "nemo_automodel._transformers.auto_model." + name};
  if (task == "CausalLM") {
    aliases.push_back("nemo_automodel.components.models.*ForCausalLM." + method);
  } else if (task == "ImageTextToText") {
    aliases.push_back("nemo_automodel.components.models.*ForConditionalGeneration." + method);
  }
  return {.name = "nemo_automodel." + name,
          .doc = std::move(doc),
          .keys = joined(std::move(keys), architecture_keys()),
          .aliases = std::move(aliases),
          .extra = Extra::model_config};
}

/// A vision-language model, beside which a drafter is trained.
Target with_drafter() {
  return {.name =
              "nemo_automodel.components.models.gemma4_drafter.composite.Gemma4WithDrafter."
              "from_pretrained",
          .doc = "Gemma 4 and its drafter",
          .keys = {text("pretrained_model_name_or_path", "folder or hub id of the model").must(),
                   text("drafter_path", "folder or hub id of the drafter").must(),
                   number("drafter_loss_weight", "weight of the drafter's loss", 1.0),
                   integer("drafter_num_steps", "tokens that it drafts", 1).at_least(1),
                   flag("freeze_base_for_drafter", "train the drafter alone", false),
                   flag("share_embedding_with_base", "one embedding for both", false),
                   flag("base_activation_checkpointing", "recompute the base", false)},
          .extra = Extra::free};
}

Target gpt2() {
  return {
      .name = "nemo_automodel.components.models.gpt2.build_gpt2_model",
      .doc = "GPT-2 with random weights and the exact GELU; torch_dtype auto is float32",
      .keys =
          {integer("vocab_size", "tokens of the vocabulary", 50257).at_least(1),
           integer("n_positions", "longest sequence", 2048).at_least(1),
           integer("n_ctx", "older name of n_positions, which it overrides").at_least(1).or_null(),
           integer("n_embd", "width", 768).at_least(1),
           integer("n_layer", "number of blocks", 12).at_least(1),
           integer("n_head", "attention heads", 12).at_least(1),
           integer("bos_token_id", "accepted", 50256), integer("eos_token_id", "accepted", 50256),
           attention(), dtype("torch_dtype", "element type of the weights", "auto").or_auto(),
           dtype("compute_dtype", "element type of the arithmetic", "auto").or_auto().own()},
      .extra = Extra::ignored};
}

}  // namespace

std::vector<std::string> moe_architecture_names() {
  return {"n_routed_experts",
          "n_shared_experts",
          "n_activated_experts",
          "n_expert_groups",
          "n_limited_groups",
          "train_gate",
          "score_func",
          "route_scale",
          "dim",
          "inter_dim",
          "moe_inter_dim",
          "norm_topk_prob",
          "router_bias",
          "expert_bias",
          "expert_activation",
          "apply_router_weight_after_down",
          "activation_alpha",
          "activation_limit",
          "swiglu_limit",
          "softmax_before_topk",
          "router_weights_fp32",
          "router_weight_uses_score_correction_bias",
          "dtype",
          "shared_expert_gate",
          "shared_expert_inter_dim",
          "shared_expert_activation",
          "force_e_score_correction_bias",
          "moe_latent_size",
          "enable_routing_replay"};
}

std::vector<Key> architecture_keys() {
  std::vector<Key> keys;
  for (const char* name : {"num_labels",
                           "num_hidden_layers",
                           "hidden_size",
                           "intermediate_size",
                           "num_attention_heads",
                           "num_key_value_heads",
                           "head_dim",
                           "vocab_size",
                           "max_position_embeddings",
                           "num_nextn_predict_layers",
                           "num_experts",
                           "n_routed_experts",
                           "num_local_experts",
                           "num_experts_per_tok",
                           "moe_intermediate_size",
                           "first_k_dense_replace",
                           "sliding_window",
                           "n_group",
                           "topk_group",
                           "n_shared_experts",
                           "q_lora_rank",
                           "kv_lora_rank",
                           "qk_nope_head_dim",
                           "qk_rope_head_dim",
                           "v_head_dim",
                           "num_mtp_modules",
                           "mtp_num_hidden_layers",
                           "decoder_sparse_step",
                           "shared_expert_intermediate_size",
                           "moe_layer_freq"}) {
    keys.push_back(integer(name, kOfConfig).at_least(0).or_kept_null());
  }
  for (const char* name : {"rope_theta", "rms_norm_eps", "attention_dropout", "initializer_range",
                           "router_aux_loss_coef", "mtp_loss_scaling_factor",
                           "final_logit_softcapping", "attn_logit_softcapping",
                           "routed_scaling_factor", "partial_rotary_factor", "layer_norm_eps"}) {
    keys.push_back(number(name, kOfConfig).at_least(0).or_kept_null());
  }
  for (const char* name :
       {"tie_word_embeddings", "attention_bias", "use_cache", "output_router_logits",
        "mtp_use_repeated_layer", "use_sliding_window", "norm_topk_prob", "mlp_bias",
        "kda_unpad_inputs", "kda_use_fused_gate", "kda_use_qk_l2norm_in_kernel"}) {
    keys.push_back(flag(name, kOfConfig).or_kept_null());
  }
  for (const char* name : {"hidden_act", "topk_method", "scoring_func", "kda_mode"}) {
    keys.push_back(text(name, kOfConfig).or_kept_null());
  }
  for (const char* name : {"architectures", "layer_types"}) {
    Key key = texts(name, kOfConfig).or_kept_null();
    key.fallback.reset();
    keys.push_back(std::move(key));
  }
  keys.push_back(mapping("text_config", kOfConfig, {}).accepting(Extra::model_config));
  return keys;
}

Key mok_key() {
  return mapping("mok", "for GPUs",
                 {text("_target_", "accepted and ignored").or_absent(),
                  integer("fwd_num_comm_sms", "for GPUs", 40),
                  integer("bwd_num_comm_sms", "for GPUs", 28),
                  integer("minibatch_size", "for GPUs", 4096),
                  integer("macrobatch_size", "for GPUs", 131072),
                  number("schedule_capacity_multiplier", "for GPUs", 0.5),
                  integer("all_gather_top_experts_chunk_bytes", "for GPUs", 2048)})
      .without_effect(kForGpus);
}

Key cuda_graph_key(const std::string& module) {
  return mapping("cuda_graph", "for GPUs",
                 {text("_target_", "accepted and ignored")
                      .one_of({module + "CudaGraphConfig", module + "utils.CudaGraphConfig"})
                      .or_absent(),
                  texts("modules", "what is captured")
                      .of({"attn", "te_dpa", "moe_router", "moe_preprocess"})})
      .without_effect(kForGpus);
}

Key backend_key() {
  const std::string module = "nemo_automodel.components.models.common.";
  return mapping(
      "backend", "which implementation upstream uses; here it decides only what changes results",
      {text("_target_", "accepted and ignored")
           .one_of({module + "BackendConfig", module + "utils.BackendConfig"})
           .or_absent(),
       text("attn", "attention")
           .one_of({"te", "sdpa", "flex", "eager", "tilelang", "cudnn", "magi", "torch"})
           .without_effect(kOwnKernels),
       text("linear", "matrix products")
           .one_of({"torch", "te", "quack"})
           .without_effect(kOwnKernels),
       text("rms_norm", "normalisation", "torch_fp32")
           .one_of({"torch_fp32", "torch", "te", "quack"})
           .without_effect(kOwnKernels),
       text("rope", "rotary embedding", "torch")
           .one_of({"torch", "quack"})
           .without_effect(kOwnKernels),
       flag("rope_fusion", "accepted; upstream turns it off everywhere")
           .without_effect(kOwnKernels),
       text("experts", "expert products")
           .one_of({"torch_mm", "torch", "te", "gmm", "torch_mm_mxfp8"})
           .without_effect(kOwnKernels),
       text("dispatcher", "exchange of tokens between experts")
           .one_of({"torch", "deepep", "hybridep", "uccl_ep", "mok"})
           .without_effect(kOneProcess),
       integer("dispatcher_num_sms", "for GPUs", 20).at_least(1).without_effect(kForGpus),
       flag("dispatcher_share_token_dispatcher", "for GPUs", true).without_effect(kForGpus),
       flag("dispatcher_async_dispatch", "for GPUs", false).without_effect(kForGpus),
       mok_key(),
       flag("fake_balanced_gate", "route tokens evenly instead of by the router (benchmarks)",
            false),
       number("fake_gate_noise", "noise of the even routing", 0.0).at_least(0),
       flag("enable_hf_state_dict_adapter",
            "accepted; whole models are always written under Hugging Face's names", true)
           .without_effect("whole models are always written under Hugging Face's names"),
       flag("enable_fsdp_optimizations", "accepted; chooses an implementation", false)
           .without_effect(kOneProcess),
       mapping("te_fp8", "8-bit arithmetic of TransformerEngine",
               {text("_target_", "accepted and ignored")
                    .one_of({module + "TEFp8Config", module + "utils.TEFp8Config"})
                    .or_absent(),
                text("recipe", "scaling", "current").one_of({"current", "block", "mxfp8"})}),
       dtype("gate_precision",
             "float32: the router's product is taken in it; null: as the family has it")
           .or_null(),
       flag("compile_attn", "accepted; chooses an implementation", false)
           .without_effect(kCompiledAhead),
       cuda_graph_key(module),
       flag("enable_deepep", "").unread("replaced by dispatcher and experts").or_absent()});
}

Key model_section(std::string name) {
  const bool student = name == "model";
  std::vector<Target> targets;
  const std::vector<std::pair<std::string, std::string>> tasks = {
      {"CausalLM", "a language model"},
      {"Seq2SeqLM", "an encoder-decoder model"},
      {"SequenceClassification", "a classifier of sequences"},
      {"ImageTextToText", "a vision-language model"},
      {"MultimodalLM", "a model of several media"}};
  for (const auto& [task, doc] : tasks) {
    targets.push_back(entry(task, "from_pretrained", doc + " with its weights", pretrained_keys()));
    targets.push_back(entry(task, "from_config", doc + " with random weights", configured_keys()));
  }
  targets.push_back(with_drafter());
  targets.push_back(gpt2());
  const Key section =
      target_mapping(std::move(name),
                     student ? "what is trained; other keys override keys of config.json"
                             : "the teacher of a distillation",
                     std::move(targets));
  return student ? section.must() : section;
}

}  // namespace automodel::config
