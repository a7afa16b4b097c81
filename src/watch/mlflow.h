#pragma once
// MLflow's file store: experiments, runs, parameters, metrics and tags as folders and files.

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "watch/scalars.h"

namespace automodel::watch {

struct MlflowOptions {
  std::filesystem::path folder;  // the store, usually "mlruns"
  std::string experiment;
  std::optional<std::string> artifact_location, description;
  std::map<std::string, std::string> tags;
  int flatten_depth = 1;  // levels of the configuration below the first that become parameters
  /// 32 hexadecimal digits. A resumed run goes on in its folder if that is there.
  std::string run_id;
};

/// Starts or goes on with a run in the experiment of this name, which is made if there is none;
/// one without a name is "Default". Throws Error(io), Error(corrupt_data) for a store whose files
/// are malformed.
/// Source: mlflow.store.tracking.file_store.
std::unique_ptr<Writer> mlflow_writer(const MlflowOptions& options, const RunFacts& run);

}  // namespace automodel::watch
