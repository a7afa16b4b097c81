#pragma once
// Files of a repository from the hub into the cache.

#include <vector>

#include "hub/answer_error.h"
#include "hub/cache.h"
#include "hub/progress.h"

namespace automodel::hub {

/// A request with as many attempts as are worth it. Throws as fail_answer for an answer that is no
/// success.
Answer get_patiently(Http& http, const std::string& url, const Asked& asked,
                     const Settings& settings, Progress& progress);

/// Downloads those of `files` whose content the cache lacks, several at once, checks their hashes,
/// and makes the snapshot lead to all of them. What arrived of a file before an error is used by
/// the next call. Throws Error(corrupt_data) for a content with another hash, Error(io) if the disk
/// has too little space for them, and as fail_answer.
void download_files(const HubRepo& repo, const std::string& commit,
                    const std::vector<RepoFile>& files, const Settings& settings,
                    Progress& progress);

}  // namespace automodel::hub
