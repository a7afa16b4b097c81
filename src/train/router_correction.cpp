#include "train/router_correction.h"

#include <ATen/ATen.h>

#include "spec/parameters.h"

namespace automodel::train {

void step_corrections(parallel::ShardedModel& model, const nn::RouterReport& routers) {
  const at::NoGradGuard no_grad;
  for (const auto& load : routers.layers) {
    const double step = spec::moe_of(model.spec().layers[load.layer])->training.correction_step;
    if (step == 0) {
      continue;
    }
    const auto prefix = spec::layer_prefix(static_cast<std::int64_t>(load.layer));
    const at::Tensor& correction_e =
        model.parameters().at(prefix + "mlp.gate.e_score_correction_bias");
    const at::Tensor load_e = at::tensor(load.counts_e, at::kLong).to(at::kFloat);
    correction_e.add_((load_e.mean() - load_e).sign().to(correction_e.device()), step);
  }
}

}  // namespace automodel::train
