#include "checkpoint/load.h"

#include <ATen/ATen.h>

#include <set>

#include "base/error.h"
#include "tensor/finite.h"

namespace automodel::checkpoint {
namespace {

constexpr std::size_t kMaxListed = 10;
constexpr std::string_view kHead = "lm_head.weight";

bool is_rotary_buffer(std::string_view name) {
  return name.ends_with("rotary_emb.inv_freq") || name.ends_with("rotary_emb.cos_cached") ||
         name.ends_with("rotary_emb.sin_cached");
}

/// A copy of the tied embedding under the head's name.
bool is_tied_copy(const ModelFolder& model, const std::string& name) {
  const auto embedding = spec::head_weight_name(model.spec);
  return name == kHead && model.spec.tied_head && model.weights->contains(embedding) &&
         model.weights->info(name) == model.weights->info(embedding) &&
         at::equal(model.weights->tensor(name), model.weights->tensor(embedding));
}

std::string unused_text(const ModelFolder& model, const std::string& name) {
  const bool tied = name == kHead && model.spec.tied_head;
  return fmt::format("unused: {} {}{}", name, shape_text(model.weights->info(name).shape),
                     tied ? " (config.json ties the head to the embedding, but they differ)" : "");
}

std::vector<std::string> misfits(const ModelFolder& model,
                                 const std::vector<spec::ParamSpec>& params) {
  const WeightSource& weights = *model.weights;
  std::vector<std::string> found;
  std::set<std::string> wanted;
  for (const auto& param : params) {
    wanted.insert(param.name);
    if (!weights.contains(param.name)) {
      found.push_back(fmt::format("missing: {} {}", param.name, shape_text(param.shape)));
    } else if (weights.info(param.name).shape != param.shape) {
      found.push_back(fmt::format("another shape: {} is {}, config.json says {}", param.name,
                                  shape_text(weights.info(param.name).shape),
                                  shape_text(param.shape)));
    }
  }
  for (const auto& name : weights.names()) {
    if (!wanted.contains(name) && !is_rotary_buffer(name) && !is_tied_copy(model, name)) {
      found.push_back(unused_text(model, name));
    }
  }
  return found;
}

void check_fit(const ModelFolder& model, const std::vector<spec::ParamSpec>& params) {
  auto found = misfits(model, params);
  if (found.empty()) {
    return;
  }
  const auto count = found.size();
  if (count > kMaxListed) {
    found.resize(kMaxListed);
    found.push_back(fmt::format("... and {} more", count - kMaxListed));
  }
  fail(ErrorKind::corrupt_data,
       "the weights of {} do not fit its config.json ({} of {} parameters and {} weights):\n  {}",
       model.path.string(), count, params.size(), model.weights->names().size(),
       fmt::join(found, "\n  "));
}

Tensor load_value(const ModelFolder& model, const std::string& name,
                  std::optional<at::ScalarType> wanted, Use use) {
  const Tensor stored = model.weights->tensor(name);
  check(at::isFloatingType(stored.scalar_type()), ErrorKind::unsupported,
        "the weight '{}' in {} is {}; only floating point weights can be loaded", name,
        model.weights->file(name).string(), dtype_name(stored.scalar_type()));
  check_finite(name, stored);
  const auto dtype = wanted.value_or(stored.scalar_type());
  Tensor value = stored.to(dtype, /*non_blocking=*/false, /*copy=*/use == Use::train);
  check(dtype != at::kHalf || stored.scalar_type() == at::kHalf || !first_non_finite(value),
        ErrorKind::invalid_argument,
        "the weight '{}' is too large for float16; load the model as bfloat16 or float32", name);
  return value;
}

}  // namespace

nn::Parameters load_parameters(const ModelFolder& model, std::optional<at::ScalarType> dtype,
                               Use use) {
  const ErrorContext context("loading the weights of {}", model.path.string());
  check(model.weights != nullptr, ErrorKind::internal, "the model was opened without weights");
  const at::NoGradGuard no_grad;
  const auto params = spec::parameters(model.spec);
  check_fit(model, params);
  nn::Parameters out;
  for (const auto& param : params) {
    out.add(param, load_value(model, param.name, dtype, use));
  }
  return out;
}

}  // namespace automodel::checkpoint
