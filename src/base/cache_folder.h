#pragma once
// Where this program keeps what it can make again.

#include <filesystem>
#include <string_view>

namespace automodel {

/// The folder `name` in $AUTOMODEL_CACHE, else $XDG_CACHE_HOME/automodel, else
/// $HOME/.cache/automodel; made if it is not there. Anything in it may be removed while no run uses
/// it. Throws Error(io) that names the variable to set.
std::filesystem::path cache_folder(std::string_view name);

}  // namespace automodel
