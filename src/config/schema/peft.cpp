#include <utility>

#include "config/schema/sections.h"

namespace automodel::config {
namespace {

Key patterns(std::string name, std::string doc) {
  return text(std::move(name), std::move(doc)).or_list().defaulting(Json::array());
}

}  // namespace

Key peft_section() {
  const std::string lora = "nemo_automodel.components._peft.lora.PeftConfig";
  return target_mapping(
      "peft",
      "LoRA adapters instead of full training; with none of the first three keys: \"*_proj\"",
      {{.name = lora,
        .doc = "low-rank adapters beside linear layers",
        .keys =
            {patterns("target_modules",
                      "names of adapted modules, '*' is any text; or a role: "
                      "attention, mlp, experts, shared_experts, router"),
             patterns("exclude_modules", "adapt every linear layer but these, named likewise"),
             flag("match_all_linear", "adapt every linear layer, an untied head included", false),
             integer("dim", "rank", 8).at_least(1),
             number("alpha", "the adapter's output is scaled by alpha / dim", 32).greater_than(0),
             flag("use_dora", "also learn each row's length (DoRA)", false),
             number("dropout", "share of inputs that the adapter does not see", 0.0)
                 .at_least(0)
                 .at_most(1),
             text("dropout_position", "dropout before or after the adapter", "post")
                 .one_of({"pre", "post"}),
             text("lora_A_init", "initialisation of A: xavier, anything else is kaiming", "xavier")
                 .one_of({"xavier", "kaiming", "uniform", "normal", "gaussian"}),
             dtype("lora_dtype",
                   "element type of the adapters; null: the model's, float32 beside "
                   "float16")
                 .or_null(),
             text("adapter_name_or_path",
                  "go on with the matrices of this PEFT adapter (a folder or hub id), whose rank, "
                  "scale and modules must be this section's; null: fresh ones")
                 .or_null()
                 .own(),
             flag("use_memory_efficient_lora", "accepted; always so", true)
                 .without_effect(kOwnKernels),
             flag("use_triton", "accepted; chooses an implementation", false)
                 .without_effect(kOwnKernels),
             flag("moe_rank_scaling", "divide the rank by the number of experts per token", false)},
        .aliases = {"nemo_automodel.components._peft.PeftConfig"}}});
}

Key quantization_section() {
  return mapping("quantization", "frozen weights in 4 or 8 bits (QLoRA)",
                 {flag("load_in_4bit", "4-bit weights").must(),
                  flag("load_in_8bit", "8-bit weights", false),
                  dtype("bnb_4bit_compute_dtype", "element type of the arithmetic", "bfloat16"),
                  flag("bnb_4bit_use_double_quant", "quantise the scales as well", true),
                  text("bnb_4bit_quant_type", "the 4-bit code", "nf4").one_of({"nf4", "fp4"}),
                  dtype("bnb_4bit_quant_storage", "element type of the packed storage", "bfloat16"),
                  text("_target_", "accepted and ignored")
                      .one_of({"transformers.BitsAndBytesConfig"})
                      .or_absent()})
      .accepting(Extra::ignored);
}

Key fp8_section() {
  return mapping("fp8", "8-bit floating arithmetic",
                 {flag("enabled", "on", false),
                  text("recipe_name", "scaling; null: tensorwise")
                      .one_of({"tensorwise", "rowwise", "rowwise_with_gw_hp"})
                      .or_null(),
                  flag("enable_fsdp_float8_all_gather", "gather weights in 8 bits", false),
                  flag("precompute_float8_dynamic_scale_for_fsdp", "scales of all weights at once",
                       false),
                  flag("force_recompute_fp8_weight_in_bwd",
                       "cast weights again in the backward pass", false),
                  texts("filter_fqns", "modules whose name contains one of these stay as they are"),
                  flag("emulate", "compute in float32, rounded", false),
                  text("_target_", "accepted and ignored")
                      .one_of({"nemo_automodel.components.quantization.fp8.FP8Config"})
                      .or_absent()})
      .accepting(Extra::ignored);
}

Key qat_section() {
  const std::vector<Target> quantizers = {
      {.name = "nemo_automodel.components.quantization.qat.QATConfig",
       .doc = "rounding as the quantised model will have it",
       .keys = {text("quantizer_type", "what is rounded", "int8_dynact_int4weight")
                    .one_of({"int8_dynact_int4weight", "int4_weight_only"}),
                integer("groupsize", "weights that share a scale").at_least(1),
                flag("padding_allowed", "pad rows to a multiple of groupsize"),
                integer("inner_k_tiles", "layout of the quantised weights").at_least(1),
                dtype("precision", "element type of the weights"),
                dtype("scales_precision", "element type of the scales")},
       .extra = Extra::ignored},
      {.name = "torchao.quantization.qat.linear.Int8DynActInt4WeightQATQuantizer",
       .doc = "the same by torchao's class",
       .keys = {integer("groupsize", "weights that share a scale").at_least(1)},
       .aliases = {"torchao.quantization.qat.Int8DynActInt4WeightQATQuantizer"},
       .extra = Extra::ignored},
      {.name = "torchao.quantization.qat.linear.Int4WeightOnlyQATQuantizer",
       .doc = "the same by torchao's class",
       .keys = {integer("groupsize", "weights that share a scale").at_least(1)},
       .aliases = {"torchao.quantization.qat.Int4WeightOnlyQATQuantizer"},
       .extra = Extra::ignored}};
  return mapping("qat", "training with the rounding of the later quantisation; not with peft",
                 {flag("enabled", "on", false),
                  integer("fake_quant_after_n_steps", "first step with rounding", 0)
                      .at_least(0)
                      .or_absent(),
                  target_mapping("qat_config", "the quantiser", quantizers),
                  target_mapping("quantizer", "older name of qat_config", quantizers)})
      .accepting(Extra::ignored);
}

}  // namespace automodel::config
