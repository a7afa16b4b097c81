#include <utility>

#include "config/schema/sections.h"

namespace automodel::config {
namespace {

Key learning_rate(double fallback) { return number("lr", "learning rate", fallback).at_least(0); }
Key decay(double fallback) { return number("weight_decay", "weight decay", fallback).at_least(0); }
Key epsilon(std::string name) {
  return number(std::move(name), "added to the denominator", 1e-8).at_least(0);
}

Key state_dtype(std::string name, std::string what) {
  return dtype(std::move(name), "element type of " + std::move(what) +
                                    "; null: float32; bfloat16 is rounded at random")
      .or_null();
}

Key master_weights(bool fallback) {
  return flag(
      "master_weights",
      "keep more of bfloat16 weights than they hold; false: they are rounded at random, so that "
      "small steps count in the mean",
      fallback);
}

Key master_weight_bits() {
  return integer(
             "master_weight_bits",
             "of a bfloat16 weight's master: 32, its float32 value, or 24, of which the last one "
             "is rounded at random",
             24)
      .at_least(24)
      .at_most(32);
}

Key store_param_remainders() {
  return flag("store_param_remainders",
              "accepted; of a bfloat16 weight's master only the bits that it lacks are kept", false)
      .without_effect("only the bits that a bfloat16 weight lacks are kept, always");
}

Key param_group_overrides() {
  Key list;
  list.name = "param_group_overrides";
  list.doc =
      "other rates for parameters whose name in Transformers (of an adapter: in PEFT, without "
      "'.default') contains a match of `pattern` (regular expression); the first match wins";
  list.forms = kList;
  list.fallback = Json::array();
  list.item = {mapping("", "",
                       {text("pattern", "regular expression").must(),
                        number("lr_mult", "factor on lr", 1.0).at_least(0),
                        number("wd_mult", "factor on weight_decay", 1.0).at_least(0)})};
  list.item[0].nullable = false;
  return list;
}

/// The keys of torch.optim.Adam and AdamW, whose only difference is the default weight decay and
/// its meaning.
std::vector<Key> torch_adam_keys(double weight_decay) {
  return {
      learning_rate(1e-3),
      betas("betas", {0.9, 0.999}),
      epsilon("eps"),
      decay(weight_decay),
      flag("amsgrad", "keep the largest second moment", false),
      flag("maximize", "ascend instead of descend", false),
      flag("foreach", "accepted; chooses an implementation").or_null().without_effect(kOwnKernels),
      flag("fused", "accepted; chooses an implementation").or_null().without_effect(kOwnKernels),
      flag("capturable", "accepted; for CUDA graphs", false).without_effect(kForGpus),
      flag("differentiable", "accepted; false only", false),
      master_weights(true).own(),
      master_weight_bits().own()};
}

std::vector<Key> typed_adam_keys() {
  return {learning_rate(1e-4), betas("betas", {0.9, 0.999}), epsilon("eps"), decay(0.01)};
}

/// Where upstream has the typed form of an optimizer.
std::vector<std::string> typed_names(const std::string& name) {
  const std::string package = "nemo_automodel.components.optim.";
  return {package + "optimizer." + name, package + name};
}

/// An optimizer by upstream's configuration class.
Target typed(const std::string& name, std::string doc, const std::vector<Key>& special) {
  const auto names = typed_names(name);
  return {.name = names[0],
          .doc = std::move(doc),
          .keys = joined(typed_adam_keys(), special),
          .aliases = {names[1]}};
}

std::vector<Key> te_fused_adam_keys() {
  return {learning_rate(1e-3),
          betas("betas", {0.9, 0.999}),
          epsilon("eps"),
          decay(0.0),
          flag("bias_correction", "divide the moments by 1 - beta^step", true),
          flag("adam_w_mode", "weight decay as AdamW does it", true),
          flag("amsgrad", "must be false", false),
          flag("capturable", "accepted; for CUDA graphs", false).without_effect(kForGpus),
          flag("set_grad_none", "accepted")
              .or_null()
              .without_effect("gradients are always set to none"),
          master_weights(false),
          flag("use_decoupled_grad", "accepted", false),
          store_param_remainders()};
}

std::vector<Key> dion_family_keys(const std::vector<Key>& special) {
  std::vector<Key> keys = {
      learning_rate(5e-4),
      decay(0.0),
      text("scalar_opt", "optimizer of vectors, embedding and head", "adamw")
          .one_of({"adamw", "lion"}),
      betas("scalar_betas", {0.9, 0.999}),
      epsilon("scalar_eps"),
      number("scalar_lr", "learning rate of vectors").at_least(0).or_null().otherwise("lr"),
      number("embed_lr", "learning rate of the embedding").at_least(0).or_null().otherwise("lr"),
      number("lm_head_lr", "learning rate of the head").at_least(0).or_null().otherwise("lr"),
      betas("betas", {0.9, 0.95}),
      epsilon("epsilon")};
  return joined(std::move(keys), special);
}

Key momentum() { return number("mu", "momentum", 0.95).at_least(0).at_most(1); }
Key adjust_lr() {
  return text("adjust_lr", "how lr depends on a matrix's shape", "spectral_norm")
      .one_of({"spectral_norm", "rms_norm"})
      .or_null();
}

std::vector<Target> dion_family() {
  const std::vector<Key> muon = {
      momentum(), adjust_lr(), flag("nesterov", "Nesterov momentum", false),
      flag("flatten", "treat tensors of more dimensions as matrices", false),
      flag("use_triton", "accepted; chooses an implementation", false)};
  const std::vector<Key> nor_muon = {
      momentum(),
      number("muon_beta2", "decay rate of the rows' second moment", 0.95).at_least(0).at_most(1),
      adjust_lr()};
  const std::vector<Key> dion2 = {
      number("fraction", "share of rows per step", 0.25).greater_than(0).at_most(1),
      number("ef_decay", "decay of the error feedback", 0.95).at_least(0), adjust_lr()};
  const std::vector<Key> dion = {
      momentum(),
      number("rank_fraction", "rank relative to the smaller dimension", 1.0).greater_than(0),
      integer("rank_multiple_of", "rank is rounded up to a multiple of this", 1).at_least(1),
      integer("power_iters", "power iterations per step", 1).at_least(1),
      text("qr_method", "orthogonalisation", "rcqr").one_of({"qr", "cqr", "rcqr"})};
  return {
      {.name = "dion.Muon",
       .doc = "Muon: orthogonalised momentum",
       .keys = dion_family_keys(muon),
       .aliases = typed_names("MuonConfig")},
      {.name = "dion.NorMuon",
       .doc = "Muon with normalised rows",
       .keys = dion_family_keys(nor_muon),
       .aliases = typed_names("NorMuonConfig")},
      {.name = "dion.Dion2",
       .doc = "Dion, second version",
       .keys = dion_family_keys(dion2),
       .aliases = typed_names("Dion2Config")},
      {.name = "dion.Dion",
       .doc = "Dion: low-rank orthogonalised momentum",
       .keys = dion_family_keys(dion),
       .aliases = typed_names("DionConfig")},
  };
}

}  // namespace

Key optimizer_section() {
  const Key master_bits = integer("master_weight_bits", "bits of the master weights", 24)
                              .at_least(16)
                              .at_most(32)
                              .or_null();
  const Key amsgrad = flag("amsgrad", "keep the largest second moment", false);
  std::vector<Target> targets = {
      {.name = "torch.optim.AdamW",
       .doc = "Adam with decoupled weight decay",
       .keys = torch_adam_keys(0.01),
       .aliases = {"torch.optim.adamw.AdamW"}},
      {.name = "torch.optim.Adam",
       .doc = "Adam; weight decay is added to the gradient",
       .keys = joined(torch_adam_keys(0.0),
                      {flag("decoupled_weight_decay", "weight decay as AdamW does it").or_null()}),
       .aliases = {"torch.optim.adam.Adam"}},
      typed(
          "AdamWConfig", "AdamW with upstream's defaults",
          {amsgrad,
           flag("fused", "accepted; chooses an implementation", false).without_effect(kOwnKernels),
           master_weights(true).own(), master_weight_bits().own()}),
      typed("AdamConfig", "Adam with upstream's defaults",
            {amsgrad, master_weights(true).own(), master_weight_bits().own()}),
      {.name = "transformer_engine.pytorch.optimizers.fused_adam.FusedAdam",
       .doc = "Adam or AdamW with narrow state",
       .keys = te_fused_adam_keys(),
       .aliases = {"transformer_engine.pytorch.optimizers.FusedAdam"}},
      typed("FusedAdamConfig", "Adam or AdamW with narrow state, upstream's defaults",
            {flag("adam_w_mode", "weight decay as AdamW does it", true),
             flag("bias_correction", "divide the moments by 1 - beta^step", true),
             master_weights(true), store_param_remainders()}),
      {.name = "flashoptim.FlashAdamW",
       .doc = "AdamW with compressed state",
       .keys = {learning_rate(1e-3), betas("betas", {0.9, 0.999}), epsilon("eps"), decay(0.01),
                master_bits},
       .extra = Extra::ignored},
      typed("FlashAdamWConfig", "AdamW with compressed state, upstream's defaults", {master_bits}),
  };
  const auto dion = dion_family();
  targets.insert(targets.end(), dion.begin(), dion.end());
  Key section =
      target_mapping("optimizer",
                     "how parameters follow from gradients; each `_target_` has its own defaults",
                     std::move(targets))
          .must();
  section.keys = {
      dtype("master_weight_dtype", "element type of the master weights; float32 only").or_null(),
      state_dtype("exp_avg_dtype", "the first moment"),
      state_dtype("exp_avg_sq_dtype", "the second moment"), param_group_overrides()};
  return section;
}

}  // namespace automodel::config
