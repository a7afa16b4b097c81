#pragma once

#include "base/command.h"

namespace automodel::cli {

/// `automodel download REPOSITORY [FILES...]`: from the hub into the cache that huggingface_hub
/// shares; prints the folder.
Command download_command();

}  // namespace automodel::cli
