#pragma once
// From the name of a repository to a folder on this machine.

#include <filesystem>

#include "base/hub_cache.h"
#include "hub/progress.h"
#include "hub/selection.h"
#include "hub/settings.h"

namespace automodel::hub {

/// Asks the hub which files the revision has now, downloads those of the selection that the cache
/// lacks, and returns the folder that holds them by name.
/// If settings.offline, the folder in the cache. Throws Error(unsupported) if it is not known to
/// hold the selection's required_files then; else as select_files and download_files.
std::filesystem::path fetch(const HubRepo& repo, const Selection& selection,
                            const Settings& settings, Progress& progress);

/// The folder in the cache if it holds the selection's required_files, without asking the hub;
/// else, if settings.offline, whatever the cache has of it; else as fetch. Of a model or adapter
/// whose weights are only pickled (.bin) nothing is fetched: Error(unsupported). Throws
/// Error(not_found) if it is not in the cache and settings.offline.
std::filesystem::path find_or_fetch(const HubRepo& repo, const Selection& selection,
                                    const Settings& settings, Progress& progress);

}  // namespace automodel::hub
