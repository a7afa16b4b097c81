#include "plan/memory.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/deferral.h"
#include "base/division.h"
#include "base/text.h"
#include "spec/parameters.h"

namespace automodel::plan {
namespace {

/// The program and LibTorch without a model: peak_rss_steps_gib of `automodel bench` on a model of
/// 40,000 parameters and rows of 16 tokens is 146 MiB (CPU wheel of torch 2.13, Debian 12).
constexpr std::int64_t kProgramBytes = std::int64_t{146} << 20;

/// The linear layer that a weight, or an adapter's B, belongs to.
std::string linear_of(const HeldParameter& parameter) {
  constexpr std::string_view kAdapter = ".lora_B";
  const auto adapter = parameter.name.rfind(kAdapter);
  return parameter.name.substr(0,
                               adapter != std::string::npos ? adapter : parameter.name.rfind('.'));
}

/// The experts of a layer count as one linear layer.
TrainedLinears trained_linears(const std::vector<HeldParameter>& parameters) {
  TrainedLinears out;
  for (const auto& parameter : parameters) {
    if (!parameter.is_trained || parameter.layer < 0) {
      continue;
    }
    const std::string linear = linear_of(parameter);
    const auto experts = linear.find(".experts.");
    out.insert(experts == std::string::npos ? linear : linear.substr(0, experts + 8));
  }
  return out;
}

std::int64_t sum_bytes(const std::vector<HeldParameter>& parameters, bool trained) {
  std::int64_t out = 0;
  for (const auto& parameter : parameters) {
    out += parameter.is_trained == trained ? parameter.bytes() : 0;
  }
  return out;
}

/// Follows one step and remembers its fullest moment.
class Step {
 public:
  Step(const spec::ModelSpec& model, const std::vector<HeldParameter>& parameters,
       const StepShape& shape)
      : model_(model), parameters_(parameters), shape_(shape) {
    fixed_.program = kProgramBytes;
    fixed_.frozen = sum_bytes(parameters, false);
    fixed_.trained = sum_bytes(parameters, true);
    fixed_.optimizer = optimizer_bytes(parameters, shape.optimizer);
    for (const auto& parameter : parameters) {
      all_gradients_ += parameter.is_trained ? gradient_bytes(parameter) : 0;
    }
    const auto trained = trained_linears(parameters);
    for (std::size_t i = 0; i < model.layers.size(); ++i) {
      layers_.push_back(layer_bytes(model, i, shape.batch, trained));
    }
  }

  MemoryPlan run() {
    const auto is_head = [this](const HeldParameter& p) { return this->is_head(p); };
    const auto found = std::ranges::find_if(parameters_, is_head);
    const bool trains_head = found != parameters_.end() && found->is_trained;
    const HeldParameter head = trains_head ? *found : HeldParameter();
    const std::int64_t before = shape_.accumulates ? all_gradients_ : 0;
    std::int64_t activations = 0;
    for (const auto& layer : layers_) {
      activations += layer.kept;
    }
    see({.gradients = before,
         .activations = activations,
         .loss = loss_kept_bytes(model_, shape_.batch) + head_sum_bytes(head),
         .workspace = cast_bytes(is_head) + shape_.gathered_bytes,
         .moment = "the loss"});
    backward(before, activations, head.bytes());
    see({.gradients = all_gradients_,
         .workspace = second_gradient_bytes(),
         .moment = "the backward's end"});
    return most_;
  }

 private:
  /// The gradient of the head's weight as the loss sums it, beside the logits of one chunk; in the
  /// end beside the sum rounded to the weight's type, if that is narrower.
  std::int64_t head_sum_bytes(const HeldParameter& head) const {
    const bool is_wide = shape_.batch.labels > kChunksOfNarrowSum * kLossRows;
    const std::int64_t sum = head.numel * (is_wide ? kFloat : head.width());
    const std::int64_t rounded = sum > head.bytes() ? head.bytes() : 0;
    return sum + std::max(loss_chunk_bytes(model_, shape_.batch), rounded);
  }

  bool is_head(const HeldParameter& p) const { return p.name == spec::head_weight_name(model_); }

  /// The gradient of an embedding as its backward makes it: the rows of the batch's tokens, where
  /// our kernels take them.
  std::int64_t row_bytes(const HeldParameter& embedding) const {
    const std::int64_t rows = std::min(shape_.batch.tokens(), model_.vocab_size);
    return shape_.batch.own_kernels ? embedding.bytes() / model_.vocab_size * rows
                                    : embedding.bytes();
  }

  /// As it is kept until the update. Sums over micro-batches are float32.
  std::int64_t gradient_bytes(const HeldParameter& p) const {
    if (shape_.accumulates) {
      return p.numel * kFloat;
    }
    return p.role == spec::Role::embedding && !is_head(p) ? row_bytes(p) : layer_gradient_bytes(p);
  }

  /// Of a step of one micro-batch. A deferred one is kept as the rows that it is a product of.
  std::int64_t layer_gradient_bytes(const HeldParameter& p) const {
    if (!is_deferred(model_, p, shape_)) {
      return p.bytes();
    }
    const auto& batch = shape_.batch;
    const spec::Moe& moe = *spec::moe_of(model_.layers[static_cast<std::size_t>(p.layer)]);
    return batch.tokens() * (moe.per_token * moe.inner + model_.dim) * batch.compute_width;
  }

  /// What an embedding's backward adds to a gradient that is there already: the head's, or that of
  /// another micro-batch.
  std::int64_t second_gradient_bytes() const {
    std::int64_t out = 0;
    for (const auto& p : parameters_) {
      const bool is_second = shape_.accumulates || is_head(p);
      const bool counts = p.role == spec::Role::embedding && p.is_trained && is_second;
      out = counts ? std::max(out, row_bytes(p)) : out;
    }
    return out;
  }

  void backward(std::int64_t before, std::int64_t activations, std::int64_t head_gradient) {
    std::int64_t gradients = std::max(before, head_gradient);
    for (std::size_t i = layers_.size(); i-- > 0;) {
      // Those of the feed-forward are there while the attention's activations still are.
      const std::int64_t own = shape_.accumulates ? 0 : layer_gradients(i, is_feed_forward);
      see({.gradients = gradients + own,
           .activations = activations + layers_[i].again,
           .workspace =
               backward_bytes(model_, i, shape_.batch) + largest_cast(i) + shape_.gathered_bytes,
           .moment = fmt::format("the backward of layer {}", i)});
      activations -= layers_[i].kept;
      if (!shape_.accumulates) {
        gradients += layer_gradients(i, [](const HeldParameter&) { return true; });
      }
    }
  }

  void see(const MemoryPlan& moment) {
    MemoryPlan all = moment;
    all.program = fixed_.program;
    all.frozen = fixed_.frozen;
    all.trained = fixed_.trained;
    all.optimizer = fixed_.optimizer;
    if (all.total() > most_.total()) {
      most_ = all;
    }
  }

  /// A weight that is stored in another type is converted for each product. Our kernels widen
  /// bfloat16 as they pack it.
  std::int64_t cast_of(const HeldParameter& parameter) const {
    const auto& batch = shape_.batch;
    const auto computed = batch.compute_width == kFloat ? Storage::float32 : Storage::bfloat16;
    const bool is_packed =
        batch.own_kernels && computed == Storage::float32 && parameter.storage == Storage::bfloat16;
    return parameter.storage == computed || is_packed ? 0 : parameter.numel * batch.compute_width;
  }

  template <class Which>
  std::int64_t cast_bytes(const Which& which) const {
    std::int64_t out = 0;
    for (const auto& parameter : parameters_) {
      out = which(parameter) ? std::max(out, cast_of(parameter)) : out;
    }
    return out;
  }

  std::int64_t largest_cast(std::size_t layer) const {
    return cast_bytes([layer](const HeldParameter& p) {
      return p.layer == static_cast<std::int64_t>(layer) && p.is_linear;
    });
  }

  static bool is_feed_forward(const HeldParameter& p) {
    return p.role == spec::Role::mlp || p.role == spec::Role::experts ||
           p.role == spec::Role::shared_experts;
  }

  template <class Which>
  std::int64_t layer_gradients(std::size_t layer, const Which& which) const {
    std::int64_t out = 0;
    for (const auto& parameter : parameters_) {
      const bool here = parameter.layer == static_cast<std::int64_t>(layer) && which(parameter);
      out += here && parameter.is_trained ? layer_gradient_bytes(parameter) : 0;
    }
    return out;
  }

  const spec::ModelSpec& model_;
  const std::vector<HeldParameter>& parameters_;
  const StepShape& shape_;
  MemoryPlan fixed_;
  std::int64_t all_gradients_ = 0;
  std::vector<LayerBytes> layers_;
  MemoryPlan most_;
};

}  // namespace

bool is_deferred(const spec::ModelSpec& model, const HeldParameter& parameter,
                 const StepShape& step) {
  const bool may_be = parameter.role == spec::Role::experts && parameter.layer >= 0 &&
                      parameter.is_trained && step.batch.own_kernels && !step.accumulates;
  const spec::Moe* moe =
      may_be ? spec::moe_of(model.layers[static_cast<std::size_t>(parameter.layer)]) : nullptr;
  if (moe == nullptr || parameter.numel != moe->experts * moe->inner * model.dim) {
    return false;
  }
  const std::int64_t rows = ceil_div(step.batch.tokens() * moe->per_token, moe->experts);
  return defers_gradient(rows, moe->inner, model.dim);
}

std::string bytes_text(std::int64_t bytes) {
  return human_bytes(static_cast<std::uint64_t>(bytes));
}

std::int64_t width_of(Storage storage) { return storage == Storage::float32 ? kFloat : 2; }

Storage storage_of(std::string_view dtype) {
  const auto bare = dtype.starts_with("torch.") ? dtype.substr(6) : dtype;
  return bare == "bfloat16" || bare == "bf16"                    ? Storage::bfloat16
         : bare == "float16" || bare == "fp16" || bare == "half" ? Storage::float16
                                                                 : Storage::float32;
}

std::int64_t OptimizerShape::bytes_beside(Storage storage) const {
  const std::int64_t moments = exp_avg_width + (amsgrad ? 2 : 1) * exp_avg_sq_width;
  if (!master_weights || storage == Storage::float32) {
    return moments;
  }
  // Of a bfloat16 weight what it lacks, of a float16 weight the whole value.
  return moments + (storage == Storage::bfloat16 ? master_weight_bits / 8 - 2 : kFloat);
}

std::int64_t optimizer_bytes(const std::vector<HeldParameter>& parameters,
                             const OptimizerShape& optimizer) {
  std::int64_t out = 0;
  for (const auto& parameter : parameters) {
    out += parameter.is_trained ? parameter.numel * optimizer.bytes_beside(parameter.storage) : 0;
  }
  return out;
}

MemoryPlan plan_memory(const spec::ModelSpec& model, const std::vector<HeldParameter>& parameters,
                       const StepShape& step) {
  return Step(model, parameters, step).run();
}

std::string memory_text(const MemoryPlan& plan) {
  return fmt::format(
      "{} at {}: program {}, frozen weights {}, trained weights {}, gradients {}, optimizer {}, "
      "activations {}, loss {}, workspace {}",
      bytes_text(plan.total()), plan.moment, bytes_text(plan.program), bytes_text(plan.frozen),
      bytes_text(plan.trained), bytes_text(plan.gradients), bytes_text(plan.optimizer),
      bytes_text(plan.activations), bytes_text(plan.loss), bytes_text(plan.workspace));
}

}  // namespace automodel::plan
