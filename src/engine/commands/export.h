#pragma once
// What the commands that write a model share.

#include <optional>
#include <string>

#include "base/stop_signal.h"
#include "checkpoint/export.h"
#include "usage/written_model.h"

namespace automodel::engine {

/// While it lives, Ctrl-C, SIGTERM and SIGHUP remove what the command has written of `out` before
/// they end it. Made first of all: see StopSignal.
StopSignal leaves_nothing(const std::string& out);

/// Writes the folder `out` and says so on stdout. `own` is what "auto" means as its weights' type,
/// as in ExportOptions. Throws as checkpoint::export_hf_folder.
void export_model(const std::string& out, const checkpoint::ModelFolder& source,
                  const nn::Parameters& parameters, const usage::WrittenModel& written,
                  std::optional<at::ScalarType> own = std::nullopt);

}  // namespace automodel::engine
