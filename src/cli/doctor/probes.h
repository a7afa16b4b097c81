#pragma once
// What has to be tried: the disk of the output folder, the hub, the other program.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "base/json.h"
#include "hub/settings.h"

namespace automodel::cli {

struct Disk {
  std::string folder = {};   // the nearest one that is there
  std::string problem = {};  // why it cannot be written to; empty if it can
  double bytes_per_second = 0;
  std::uint64_t free_bytes = 0;
};

/// Writes and syncs 64 MiB in `folder`, or in the folder above it that is there, and removes them.
Disk try_disk(const std::filesystem::path& folder);

struct HubAnswer {
  long status = 0;           // of HTTP; 0: none came
  std::string failure = {};  // why not
  double seconds = 0;
};

/// One request, without a second attempt: who the token belongs to, or, without a token, any model.
HubAnswer try_hub(hub::Settings settings);

/// What `automodel-engine doctor` says of LibTorch; nothing if it was not built or does not start.
std::optional<Json> ask_engine();

}  // namespace automodel::cli
