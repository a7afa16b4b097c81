#pragma once
// What the commands that write a model share.

#include <cstdint>
#include <string>

#include "checkpoint/export.h"

namespace CLI {
class App;
}

namespace automodel::engine {

/// Values of --dtype and --max-shard-size.
struct ExportArguments {
  std::string dtype = "auto";
  std::uint64_t max_shard_bytes = 0;  // 0: the default
};

/// Adds both options; `arguments` must outlive the parsing.
void add_export_options(CLI::App& app, ExportArguments& arguments);

/// Writes the folder `out` and says so on stdout. "auto" is the type in which `source` is stored.
/// Throws as checkpoint::export_hf_folder.
void export_model(const std::string& out, const checkpoint::ModelFolder& source,
                  const nn::Parameters& parameters, const ExportArguments& arguments);

}  // namespace automodel::engine
