#pragma once

#include "base/command.h"

namespace automodel::engine {

/// `automodel trace MODEL BATCH OUT`: what the model computes on given batches.
Command trace_command();

}  // namespace automodel::engine
