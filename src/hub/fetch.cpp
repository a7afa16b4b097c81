#include "hub/fetch.h"

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "base/text.h"
#include "hub/cache.h"
#include "hub/download.h"

namespace automodel::hub {
namespace {

namespace fs = std::filesystem;

/// A branch may move between two requests, so all but the first go by the commit.
struct Version {
  std::string commit;
  std::vector<RepoFile> files;
};

std::string api_url(const HubRepo& repo, const Settings& settings) {
  return fmt::format("{}/api/{}/{}", settings.endpoint,
                     repo.kind == RepoKind::model ? "models" : "datasets", repo.id);
}

std::vector<RepoFile> ask_files(Http& http, const HubRepo& repo, const std::string& commit,
                                const Settings& settings, Progress& progress) {
  constexpr int kMaxPages = 10000;
  std::vector<RepoFile> files;
  std::string url =
      fmt::format("{}/tree/{}?recursive=true&expand=false", api_url(repo, settings), commit);
  for (int i = 0; !url.empty(); ++i) {
    check(i < kMaxPages, ErrorKind::corrupt_data, "{} lists files without end", printable_url(url));
    const Answer answer = get_patiently(http, url, {.repo = repo}, settings, progress);
    const auto page = parse_tree_page(answer.body, answer.url);
    files.insert(files.end(), page.begin(), page.end());
    url = next_page(answer.header("link"));
  }
  return files;
}

/// The revisions that there are; empty if the hub does not say.
std::vector<std::string> ask_revisions(Http& http, const HubRepo& repo, const Settings& settings,
                                       Progress& progress) {
  try {
    const Answer answer =
        get_patiently(http, api_url(repo, settings) + "/refs", {.repo = repo}, settings, progress);
    return parse_references(answer.body, answer.url);
  } catch (const Error&) {
    return {};
  }
}

std::string ask_commit(Http& http, const HubRepo& repo, const Settings& settings,
                       Progress& progress) {
  try {
    const Answer answer =
        get_patiently(http, api_url(repo, settings) + "/revision/" + url_escaped(repo.revision),
                      {.repo = repo}, settings, progress);
    return parse_commit(answer.body, answer.url);
  } catch (const Error& error) {
    const auto known = error.kind() == ErrorKind::not_found
                           ? ask_revisions(http, repo, settings, progress)
                           : std::vector<std::string>();
    if (known.empty()) {
      throw;
    }
    fail(error.kind(), "{}: {}{}", error.message(), join(known, ", "),
         did_you_mean(repo.revision, known));
  }
}

Version ask_version(const HubRepo& repo, const Settings& settings, Progress& progress) {
  hub_folder(repo);  // refuses names that are none
  Http http(settings);
  Version out{.commit = repo.revision};
  if (!is_commit(repo.revision)) {
    out.commit = ask_commit(http, repo, settings, progress);
  }
  const CachedRepo cache(repo, out.commit);
  if (auto known = cache.read_listing()) {
    out.files = std::move(*known);
    return out;
  }
  out.files = ask_files(http, repo, out.commit, settings, progress);
  cache.make_folders();
  cache.write_listing(out.files);
  return out;
}

/// The snapshot, if it is known to hold all that the selection requires.
std::optional<fs::path> complete_snapshot(const HubRepo& repo, const Selection& selection) {
  const auto snapshot = cached_snapshot(repo);
  const auto commit = cached_commit(repo);
  if (!snapshot || !commit) {
    return std::nullopt;
  }
  const CachedRepo cache(repo, *commit);
  const auto listing = cache.read_listing();
  if (!listing) {
    return looks_complete(*snapshot, selection.need) ? snapshot : std::nullopt;
  }
  const auto has_all = [&](const std::vector<RepoFile>& files) {
    return std::ranges::all_of(files, [&](const RepoFile& file) { return cache.has(file); });
  };
  const bool has_card =
      selection.need != Need::described || has_all(select_files(*listing, {.need = Need::card}));
  return has_card && has_all(required_files(*listing, selection, *snapshot)) ? snapshot
                                                                             : std::nullopt;
}

/// What there is of it, without a connection.
fs::path partial_snapshot(const HubRepo& repo) {
  if (const auto snapshot = cached_snapshot(repo)) {
    return *snapshot;
  }
  const auto others = cached_revisions(repo.kind, repo.id);
  fail(ErrorKind::not_found,
       "the {} is neither a path here nor in the local cache {}{}, and HF_HUB_OFFLINE forbids "
       "downloads. Unset it and run 'automodel download {}{}{}', or give a local folder or file",
       to_string(repo), hub_cache_folder().string(),
       others.empty() ? "" : fmt::format(" (which has the revision {})", join(others, ", ")),
       repo.id, repo.kind == RepoKind::dataset ? " --repo-type dataset" : "",
       repo.revision == "main" ? "" : " --revision " + repo.revision);
}

void check_not_pickled(const HubRepo& repo, const std::vector<RepoFile>& wanted) {
  const auto pickled = std::ranges::find_if(
      wanted, [](const RepoFile& file) { return file.path.ends_with(".bin"); });
  if (pickled != wanted.end()) {
    fail(ErrorKind::unsupported,
         "{} has its weights only as {}, a pickle that can run code; choose a repository or "
         "revision with safetensors, or save them so with Transformers or PEFT",
         to_string(repo), pickled->path);
  }
}

/// A card is downloaded first, since it says what else is wanted.
std::vector<RepoFile> choose_files(const HubRepo& repo, const Version& version,
                                   const Selection& selection, const Settings& settings,
                                   Progress& progress) {
  const CachedRepo cache(repo, version.commit);
  if (selection.need == Need::described) {
    cache.make_folders();
    download_files(repo, version.commit, select_files(version.files, {.need = Need::card}),
                   settings, progress);
  }
  return select_files(version.files, selection, cache.snapshot());
}

fs::path fetch_version(const HubRepo& repo, const Version& version,
                       const std::vector<RepoFile>& wanted, const Settings& settings,
                       Progress& progress) {
  const CachedRepo cache(repo, version.commit);
  cache.make_folders();
  download_files(repo, version.commit, wanted, settings, progress);
  cache.write_reference();
  return cache.snapshot();
}

}  // namespace

fs::path fetch(const HubRepo& repo, const Selection& selection, const Settings& settings,
               Progress& progress) {
  const ErrorContext context("fetching {}", to_string(repo));
  if (settings.offline) {
    if (const auto found = complete_snapshot(repo, selection)) {
      return *found;
    }
    fail(ErrorKind::unsupported,
         "HF_HUB_OFFLINE forbids downloads, and the cache {} is not known to hold all that is "
         "asked for; unset it, or use what is in the cache",
         hub_cache_folder().string());
  }
  const Version version = ask_version(repo, settings, progress);
  return fetch_version(repo, version, choose_files(repo, version, selection, settings, progress),
                       settings, progress);
}

fs::path find_or_fetch(const HubRepo& repo, const Selection& selection, const Settings& settings,
                       Progress& progress) {
  if (const auto found = complete_snapshot(repo, selection)) {
    return *found;
  }
  if (settings.offline) {
    return partial_snapshot(repo);
  }
  const ErrorContext context("fetching {}", to_string(repo));
  const Version version = ask_version(repo, settings, progress);
  const auto wanted = choose_files(repo, version, selection, settings, progress);
  if (selection.need == Need::model) {
    check_not_pickled(repo, wanted);
  }
  return fetch_version(repo, version, wanted, settings, progress);
}

}  // namespace automodel::hub
