#include "train/non_finite.h"

#include <fmt/format.h>

#include <ranges>

#include "base/error.h"
#include "tensor/finite.h"

namespace automodel::train {

std::string explain_non_finite(const parallel::ShardedModel& model,
                               std::span<const nn::Tokens> micro_batches) {
  for (const auto& parameter : model.parameters().all()) {
    if (first_non_finite(parameter.value)) {
      return fmt::format("the weight {}", parameter.spec.name);
    }
  }
  for (std::size_t i = 0; i < micro_batches.size(); ++i) {
    const std::string found = model.find_non_finite(micro_batches[i]);
    if (!found.empty()) {
      return fmt::format("{} for micro-batch {}, though every weight is finite", found, i);
    }
  }
  for (const auto& parameter : model.parameters().all() | std::views::reverse) {
    const at::Tensor grad = model.gradient_of(parameter);
    if (grad.defined() && first_non_finite(grad)) {
      return fmt::format("the gradient of {}, though every weight and layer output is finite",
                         parameter.spec.name);
    }
  }
  return "the loss alone";
}

void check_finite_weights(const nn::Parameters& parameters, std::int64_t step) {
  for (const auto& parameter : parameters.trained()) {
    const auto place = first_non_finite(parameter.value.detach().cpu());
    check(!place, ErrorKind::invalid_argument,
          "after step {} the weight {} is not finite any more (value {}). A lower learning rate, a "
          "longer warm-up or a larger optimizer.eps may help",
          step, parameter.spec.name, place.value_or(0));
  }
}

}  // namespace automodel::train
