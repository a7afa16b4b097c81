#pragma once
// What the commands that write a model share.

#include <optional>
#include <string>

#include "checkpoint/export.h"
#include "usage/written_model.h"

namespace automodel::engine {

/// Writes the folder `out` and says so on stdout. `own` is what "auto" means as its weights' type,
/// as in ExportOptions. Throws as checkpoint::export_hf_folder.
void export_model(const std::string& out, const checkpoint::ModelFolder& source,
                  const nn::Parameters& parameters, const usage::WrittenModel& written,
                  std::optional<at::ScalarType> own = std::nullopt);

}  // namespace automodel::engine
