#pragma once
// How evenly a step used the experts, under upstream's names.

#include "base/json.h"
#include "config/training_sections.h"
#include "nn/router_loss.h"

namespace automodel::train {

/// What the routers' losses came to; those that are off are left out. aux_loss: what was added to
/// the tokens' loss; without coefficients balance_loss over all layers, sequence_balance_loss and
/// z_loss as means over layers.
Json router_losses(const nn::RouterReport& routers);

/// Fields moe/... and moe_expert_utilization/... of this step; empty if switched off or nothing
/// routes. Utilisation: an expert's load divided by the layer's mean load; cv: standard deviation
/// of a layer's loads divided by their mean. Source: upstream's moe/load_balance_metrics.py, but
/// over the whole step, and layers have their own numbers.
Json moe_metrics(const config::MoeMetrics& options, std::int64_t step,
                 const nn::RouterReport& routers);

}  // namespace automodel::train
