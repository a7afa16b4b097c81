#pragma once
// TensorBoard's event files.

#include <filesystem>
#include <memory>

#include "watch/scalars.h"

namespace automodel::watch {

/// Starts a new event file in `folder`. Points of earlier files no longer count: those from
/// run.first_step on if the run was resumed; else all, for an attempt that left no checkpoint wrote
/// them. Values are in float32, as TensorBoard keeps them.
/// Throws Error(io).
/// Source: tensorflow/core/util/event.proto, framework/summary.proto; the TFRecord format.
std::unique_ptr<Writer> tensorboard_writer(const std::filesystem::path& folder,
                                           const RunFacts& run);

}  // namespace automodel::watch
