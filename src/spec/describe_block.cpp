#include "spec/describe_block.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <vector>

namespace automodel::spec {
namespace {

/// Phrases behind a name; those whose condition does not hold are left out.
class Phrases {
 public:
  explicit Phrases(std::string name) : name_(std::move(name)) {}
  Phrases& add(std::string phrase) {
    phrases_.push_back(std::move(phrase));
    return *this;
  }
  Phrases& add_if(bool holds, std::string phrase) { return holds ? add(std::move(phrase)) : *this; }
  /// For a number that stands at another value than the one that changes nothing.
  Phrases& add_unless(double value, double neutral, std::string_view what) {
    return add_if(value != neutral, fmt::format("{} {}", what, value));
  }
  std::string text() const {
    return phrases_.empty() ? name_ : fmt::format("{}: {}", name_, fmt::join(phrases_, ", "));
  }

 private:
  std::string name_;
  std::vector<std::string> phrases_;
};

struct ScalingText {
  std::string operator()(std::monostate) const { return ""; }
  std::string operator()(const LinearScaling& s) const {
    return fmt::format(", linear x{}", s.factor);
  }
  std::string operator()(const DynamicScaling& s) const {
    return fmt::format(", dynamic x{} beyond {}", s.factor, s.original_positions);
  }
  std::string operator()(const Llama3Scaling& s) const {
    return fmt::format(", llama3 x{} beyond {}", s.factor, s.original_positions);
  }
  std::string operator()(const YarnScaling& s) const {
    return fmt::format(", yarn x{} beyond {}", s.factor, s.original_positions);
  }
  std::string operator()(const LongRopeScaling& s) const {
    return fmt::format(", longrope beyond {}", s.original_positions);
  }
  std::string operator()(const ProportionalScaling& s) const {
    return fmt::format(", {} of them turn, /{}", s.turned, s.factor);
  }
};

std::string rope_text(const Rope& rope) {
  return fmt::format("rope theta {} over {}{}{}{}{}", rope.theta, rope.dim,
                     rope.interleaved ? ", interleaved" : "", rope.clockwise ? ", clockwise" : "",
                     rope.in_float32 ? ", in float32" : "",
                     std::visit(ScalingText(), rope.scaling));
}

std::string alibi_text(const Alibi& alibi) {
  return fmt::format("alibi up to {}{}", alibi.max_bias, alibi.in_bfloat16 ? " in bfloat16" : "");
}

std::string_view over_text(HeadNorm::Over over) {
  switch (over) {
    case HeadNorm::Over::head:
      return "per head";
    case HeadNorm::Over::each_head:
      return "per head with weights of its own";
    case HeadNorm::Over::all_heads:
      return "over all heads";
  }
  return "";
}

std::string head_norm_text(const HeadNorm& norm) {
  return fmt::format("queries and keys normed {}{} ({})", over_text(norm.over),
                     norm.after_rope ? " behind rope" : "", describe(norm.norm));
}

std::string_view gate_text(OutputGate gate) {
  switch (gate) {
    case OutputGate::none:
      return "";
    case OutputGate::per_value:
      return "output gated per value by";
    case OutputGate::per_head:
      return "output gated per head by";
  }
  return "";
}

std::string_view score_text(Router::Score score) {
  switch (score) {
    case Router::Score::softmax:
      return "softmax over all";
    case Router::Score::softmax_of_chosen:
      return "softmax over the chosen";
    case Router::Score::sigmoid:
      return "sigmoid";
  }
  return "";
}

void add_positions(Phrases& out, const Gqa& gqa) {
  out.add_if(gqa.rope.has_value(), gqa.rope ? rope_text(*gqa.rope) : "")
      .add_if(gqa.alibi.has_value(), gqa.alibi ? alibi_text(*gqa.alibi) : "")
      .add_if(!gqa.rope && !gqa.alibi, "no positions")
      .add_if(gqa.window.has_value(), fmt::format("window {}", gqa.window.value_or(0)))
      .add_if(gqa.chunk.has_value(), fmt::format("chunks of {}", gqa.chunk.value_or(0)));
  if (gqa.temperature) {
    const bool log = gqa.temperature->growth == PositionTemperature::Growth::logarithm;
    out.add(fmt::format("queries grow with {} of position / {} by {}", log ? "log" : "a power",
                        gqa.temperature->period, gqa.temperature->beta));
  }
}

std::string full(const Gqa& gqa) {
  Phrases out("gqa");
  out.add(fmt::format("{} heads of {}, {} key heads", gqa.heads, gqa.head_dim, gqa.kv_heads))
      .add_if(gqa.value_width() != gqa.head_dim, fmt::format("values of {}", gqa.value_width()));
  add_positions(out, gqa);
  out.add(fmt::format("scale {:.6g}", gqa.scale))
      .add_if(gqa.head_norm.has_value(), gqa.head_norm ? head_norm_text(*gqa.head_norm) : "")
      .add_if(gqa.value_norm.has_value(), "values normed per head")
      .add_if(gqa.keys_as_values, "values are the keys")
      .add_if(gqa.kv_layer.has_value(),
              fmt::format("keys and values of layer {}", gqa.kv_layer.value_or(0)))
      .add_if(gqa.clip.has_value(), fmt::format("q, k, v within {}", gqa.clip.value_or(0)))
      .add_if(gqa.softcap.has_value(), fmt::format("softcap {}", gqa.softcap.value_or(0)))
      .add_if(gqa.sinks, "sinks")
      .add_if(gqa.gate != OutputGate::none,
              fmt::format("{} {}{}", gate_text(gqa.gate),
                          gqa.gate_function == GateFunction::sigmoid ? "sigmoid" : "softplus",
                          gqa.gate_bias ? " with a bias per head" : ""))
      .add_unless(gqa.value_scale, 1, "output times")
      .add_if(gqa.qkv_bias, "q, k, v biases")
      .add_if(gqa.out_bias, "output bias");
  return out.text();
}

std::string full(const Mla& mla) {
  Phrases out("mla");
  out.add(fmt::format("{} heads of {} + {} with rope, values of {}", mla.heads, mla.nope_dim,
                      mla.rope_dim, mla.value_dim))
      .add_if(mla.q_lora_rank.has_value(),
              fmt::format("query latent {}", mla.q_lora_rank.value_or(0)))
      .add(fmt::format("key-value latent {}", mla.kv_lora_rank))
      .add(mla.rope ? rope_text(*mla.rope) : "no positions")
      .add(fmt::format("scale {:.6g}", mla.scale))
      .add_if(mla.bias, "biases");
  return out.text();
}

std::string full(const Mlp& mlp) {
  return Phrases("mlp")
      .add(fmt::format("{} wide", mlp.inner))
      .add(fmt::format("{}{}", mlp.gated ? "gated " : "", to_string(mlp.activation)))
      .add_if(mlp.bias, "biases")
      .text();
}

void add_router(Phrases& out, const Router& router) {
  out.add(fmt::format("router {}", score_text(router.score)))
      .add_if(router.correction, "corrected choice")
      .add_if(router.groups > 1, fmt::format("{} of {} groups", router.kept_groups, router.groups))
      .add_if(router.renormalise, "weights renormalised")
      .add_unless(router.scale, 1, "weights times")
      .add_if(router.softcap.has_value(),
              fmt::format("router softcap {}", router.softcap.value_or(0)))
      .add_if(router.norm.has_value(), "router input normed")
      .add_unless(router.input_scale, 1, "router input times")
      .add_if(router.expert_scale, "a learned weight per expert")
      .add_if(router.bias, "router bias");
}

std::string full(const Moe& moe) {
  Phrases out("moe");
  out.add(fmt::format("{} of {} experts, {} wide", moe.per_token, moe.experts, moe.inner))
      .add(fmt::format("gated {}", to_string(moe.activation)));
  add_router(out, moe.router);
  out.add_if(moe.clamp.has_value(), fmt::format("clamped at {}", moe.clamp ? moe.clamp->limit : 0))
      .add_if(moe.weight_on_input, "weights on the input")
      .add_if(moe.bias, "biases")
      .add_unless(moe.output_scale, 1, "output times");
  if (moe.shared) {
    out.add(fmt::format("shared experts {} wide{}", moe.shared->mlp.inner,
                        moe.shared->gated ? ", gated" : ""));
  }
  const auto& training = moe.training;
  return out.add_unless(training.balance_loss, 0, "balance loss times")
      .add_unless(training.sequence_balance_loss, 0, "balance loss of sequences times")
      .add_unless(training.z_loss, 0, "z-loss times")
      .add_unless(training.correction_step, 0, "correction trained in steps of")
      .add_if(training.even, "experts take turns")
      .text();
}

std::string full(const MlpBesideMoe& both) {
  return fmt::format("{} beside {}", full(both.mlp), full(both.moe));
}

std::string kind(const Gqa& gqa) {
  return Phrases("gqa")
      .add_if(gqa.rope.has_value(), "rope")
      .add_if(gqa.alibi.has_value(), "alibi")
      .add_if(gqa.window.has_value(), "window")
      .add_if(gqa.chunk.has_value(), "chunks")
      .add_if(gqa.head_norm.has_value(), "qk norm")
      .add_if(gqa.value_norm.has_value(), "v norm")
      .add_if(gqa.keys_as_values, "k as v")
      .add_if(gqa.kv_layer.has_value(), "shared k and v")
      .add_if(gqa.clip.has_value(), "clip")
      .add_if(gqa.softcap.has_value(), "softcap")
      .add_if(gqa.sinks, "sinks")
      .add_if(gqa.temperature.has_value(), "temperature")
      .add_if(gqa.gate != OutputGate::none, "output gate")
      .text();
}

std::string kind(const Mla& mla) {
  return Phrases("mla").add_if(mla.rope.has_value(), "rope").text();
}

std::string kind(const Mlp& mlp) {
  return Phrases("mlp").add_if(mlp.gated, "gated").add(to_string(mlp.activation)).text();
}

std::string kind(const Moe& moe) {
  return Phrases("moe")
      .add(std::string(score_text(moe.router.score)))
      .add_if(moe.router.correction, "correction")
      .add_if(moe.router.groups > 1, "groups")
      .add_if(moe.clamp.has_value(), "clamp")
      .add_if(moe.shared.has_value(), "shared experts")
      .text();
}

std::string kind(const MlpBesideMoe& both) {
  return fmt::format("{} beside {}", kind(both.mlp), kind(both.moe));
}

}  // namespace

std::string kind_of(const Mixer& mixer) {
  return std::visit([](const auto& block) { return kind(block); }, mixer);
}

std::string kind_of(const Ffn& ffn) {
  return std::visit([](const auto& block) { return kind(block); }, ffn);
}

std::string describe(const Mixer& mixer) {
  return std::visit([](const auto& block) { return full(block); }, mixer);
}

std::string describe(const Ffn& ffn) {
  return std::visit([](const auto& block) { return full(block); }, ffn);
}

std::string describe(const Norm& norm) {
  return fmt::format(
      "{}, eps {}{}{}{}", norm.kind == Norm::Kind::rms ? "rms" : "layer norm", norm.eps,
      norm.has_weight ? "" : ", no weight", norm.has_bias ? ", bias" : "",
      norm.weight_offset == 0 ? "" : fmt::format(", weight + {}", norm.weight_offset));
}

std::string to_string(NormPlacement placement) {
  switch (placement) {
    case NormPlacement::pre:
      return "before each branch";
    case NormPlacement::ffn_pre:
      return "before the feed-forward";
    case NormPlacement::sandwich:
      return "before and behind each branch";
    case NormPlacement::ffn_sandwich:
      return "before each branch, behind the feed-forward";
    case NormPlacement::post:
      return "behind each branch";
    case NormPlacement::post_residual:
      return "behind each sum";
    case NormPlacement::parallel:
      return "one before parallel branches";
    case NormPlacement::parallel_two:
      return "one before each parallel branch";
  }
  return "";
}

std::string to_string(Activation activation) {
  switch (activation) {
    case Activation::silu:
      return "silu";
    case Activation::gelu:
      return "gelu";
    case Activation::gelu_tanh:
      return "gelu_tanh";
    case Activation::relu:
      return "relu";
    case Activation::relu2:
      return "relu2";
  }
  return "";
}

}  // namespace automodel::spec
