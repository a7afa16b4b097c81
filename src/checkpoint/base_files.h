#pragma once
// By what the base model of an adapter is known again.

#include <filesystem>
#include <optional>
#include <string>

#include "checkpoint/store.h"

namespace automodel::checkpoint {

/// Fingerprints of the files in the folder, by name; "base" of SaveRequest::ground beside adapters.
Json base_files(const std::filesystem::path& model);

/// Throws Error(invalid_argument) if `files` lack one that the checkpoint's adapter was trained
/// beside, or have another in its place. Nothing is compared if the checkpoint does not say.
void check_base(const Json& files, const Checkpoint& checkpoint);

/// What the user should know of an adapter in the folder model/ of a checkpoint that is used with
/// the model in the folder `base`, but was trained beside other files; nothing for other adapters.
std::optional<std::string> other_base_warning(const std::filesystem::path& adapter,
                                              const std::filesystem::path& base);

}  // namespace automodel::checkpoint
