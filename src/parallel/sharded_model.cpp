#include "parallel/sharded_model.h"

#include <cmath>

#include "base/stopwatch.h"
#include "ops/grouped_product.h"
#include "ops/optimizer.h"
#include "tensor/finite.h"

namespace automodel::parallel {
namespace {

nn::Parameters moved(nn::Parameters parameters, const at::Device& device) {
  parameters.to(device);
  return parameters;
}

}  // namespace

ShardedModel::ShardedModel(const spec::ModelSpec& spec, nn::Parameters parameters,
                           const ModelOptions& options)
    : parameters_(moved(std::move(parameters), options.device)),
      decoder_(spec, parameters_),
      options_(options) {}

nn::Tokens ShardedModel::on_device(const nn::Tokens& tokens) const {
  auto out = tokens;
  for (Tensor* tensor : {&out.ids_t, &out.labels_t, &out.positions_t}) {
    if (tensor->defined()) {
      *tensor = tensor->to(options_.device);
    }
  }
  return out;
}

nn::DecoderOutput ShardedModel::forward(const nn::Tokens& tokens,
                                        const nn::ForwardOptions& options) const {
  nn::Ports ports;
  nn::LocalRunner runner;
  return decoder_.forward(on_device(tokens), options, runner, ports);
}

MicroBatchResult ShardedModel::forward_backward(const nn::Tokens& tokens,
                                                const LossWeights& weights,
                                                std::uint64_t dropout_seed, bool defers) {
  Stopwatch watch;
  MicroBatchResult out;
  nn::Ports ports;
  nn::LocalRunner keep;
  nn::RecomputeRunner recompute;
  nn::BlockRunner& runner =
      options_.recompute == Recompute::full ? static_cast<nn::BlockRunner&>(recompute) : keep;
  const nn::ForwardOptions forward{.compute = options_.compute,
                                   .training = true,
                                   .dropout_seed = dropout_seed,
                                   .inner = options_.recompute == Recompute::selective
                                                ? ops::Inner::recomputed
                                                : ops::Inner::kept,
                                   .deferred = defers ? &deferred_ : nullptr,
                                   .labelled_only = true};
  const auto output = decoder_.forward(on_device(tokens), forward, runner, ports);
  const Tensor loss = ops::linear_cross_entropy(
      output.hidden_td, decoder_.head(forward), output.labels_t,
      {.weight = weights.per_label * weights.gradient_scale, .terms = weights.terms});
  const auto routers = nn::router_loss(spec(), output.routers, weights.per_token);
  if (spec().is_classifier()) {
    const auto scores =
        ops::score_rows(output.hidden_td, decoder_.head(forward), output.labels_t, {});
    out.num_correct = scores.correct_n.sum().item<std::int64_t>();
  }
  const Tensor total = routers.loss.defined() ? loss + routers.loss * weights.gradient_scale : loss;
  out.forward_seconds = watch.lap();
  if (total.requires_grad()) {
    total.backward();  // `ports` and `runner` must still be alive: a recompute uses them
  }
  deferred_.add_to_computed();
  out.loss = loss.item<double>() / weights.gradient_scale;
  out.routers = routers.report;
  out.backward_seconds = watch.lap();
  return out;
}

ops::RowScores ShardedModel::score(const nn::Tokens& tokens) const {
  const at::NoGradGuard no_grad;
  const auto output = forward(tokens, {.compute = options_.compute, .labelled_only = true});
  const auto scores = ops::score_rows(output.hidden_td, decoder_.head(), output.labels_t, {});
  return {scores.nll_n.cpu(), scores.correct_n.cpu()};
}

std::string ShardedModel::find_non_finite(const nn::Tokens& tokens) const {
  const at::NoGradGuard no_grad;
  nn::Ports ports;
  nn::CheckingRunner runner;
  const Tensor hidden_td =
      decoder_.hidden(on_device(tokens), {.compute = options_.compute}, runner, ports);
  if (runner.found().empty() && first_non_finite(hidden_td)) {
    return "the final norm";
  }
  return runner.found();
}

Tensor ShardedModel::logits(const nn::Tokens& tokens) const {
  const auto output = forward(tokens, {.compute = options_.compute});
  return ops::logits(output.hidden_td, decoder_.head()).cpu();
}

Tensor ShardedModel::last_logits(const nn::Tokens& tokens, nn::KvCache& cache) const {
  const auto output = forward(tokens, {.compute = options_.compute, .cache = &cache});
  return ops::logits(output.hidden_td.slice(0, -1), decoder_.head())[0].cpu();
}

Tensor ShardedModel::gradient_of(const nn::Parameter& parameter) const {
  if (const auto* deferred = deferred_.find(parameter.value)) {
    return ops::grouped_outer_product(deferred->product, at::kFloat);
  }
  const Tensor& grad = parameter.value.grad();
  return grad.defined() ? grad.to_dense() : grad;
}

double ShardedModel::grad_norm() const {
  std::vector<Tensor> grads;
  for (const auto& parameter : parameters_.all()) {
    if (parameter.value.grad().defined()) {
      grads.push_back(parameter.value.grad());
    }
  }
  return std::sqrt(ops::sum_of_squares(grads) + deferred_.sum_of_squares());
}

void ShardedModel::zero_grad() {
  deferred_.clear();
  for (auto& parameter : parameters_.all()) {
    parameter.value.mutable_grad().reset();
  }
}

void ShardedModel::widen_grad() {
  for (auto& parameter : parameters_.all()) {
    Tensor& grad = parameter.value.mutable_grad();
    if (grad.defined()) {
      grad = grad.to_dense().to(at::kFloat);
    }
  }
}

}  // namespace automodel::parallel
