#pragma once
// By what the base model of an adapter is known again.

#include <filesystem>
#include <optional>
#include <string>

#include "checkpoint/store.h"

namespace automodel::checkpoint {

/// The part of SaveRequest::ground that tells the base model: {"base": fingerprints of the files in
/// the folder, by name}.
Json base_ground(const std::filesystem::path& model);

/// Throws Error(invalid_argument) if the base model of `ground` lacks a file that the checkpoint's
/// adapter was trained beside, or has another in its place. Grounds without one are not compared.
void check_base(const Json& ground, const Checkpoint& checkpoint);

/// What the user should know of an adapter in the folder model/ of a checkpoint that is used with
/// the model in the folder `base`, but was trained beside other files; nothing for other adapters.
std::optional<std::string> other_base_warning(const std::filesystem::path& adapter,
                                              const std::filesystem::path& base);

}  // namespace automodel::checkpoint
