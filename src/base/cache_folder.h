#pragma once
// Where this program keeps what it can make again.

#include <cstdint>
#include <filesystem>
#include <string_view>

namespace automodel {

/// The folder `name` in $AUTOMODEL_CACHE, else $XDG_CACHE_HOME/automodel, else
/// $HOME/.cache/automodel; made if it is not there. Anything in it may be removed while no run uses
/// it. Throws Error(io) that names the variable to set.
std::filesystem::path cache_folder(std::string_view name);

/// Throws Error(io) that names the variable if the disk of `folder`, a cache folder, has less room
/// than `needed_bytes`. Where that cannot be known, writing tells.
void check_cache_space(const std::filesystem::path& folder, std::uint64_t needed_bytes);

/// The ErrorContext of writing there.
inline constexpr std::string_view kWritingToCache =
    "writing to the cache; AUTOMODEL_CACHE names a folder for it, which may be on another disk";

}  // namespace automodel
