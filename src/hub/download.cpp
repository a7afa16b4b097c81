#include "hub/download.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>

#include "base/error.h"
#include "base/file_lock.h"
#include "base/parallel.h"
#include "base/text.h"
#include "hub/partial_file.h"
#include "hub/retry.h"

namespace automodel::hub {
namespace {

namespace fs = std::filesystem;

constexpr int kNumConnections = 8;
/// An attempt that brings this much is no failure: the connection is poor, not broken.
constexpr std::int64_t kUsefulBytes = std::int64_t{1} << 20;

std::string printable(double seconds) { return fmt::format("{:.3g} s", seconds); }

std::string reason_of(const Answer& answer) {
  return answer.status == 0 ? answer.failure : fmt::format("HTTP {}", answer.status);
}

void check_goes_on(const std::stop_token& stop) {
  check(!stop.stop_requested(), ErrorKind::interrupted, "another file failed");
}

void sleep_for(double seconds, const std::stop_token& stop) {
  std::mutex mutex;
  std::unique_lock lock(mutex);
  std::condition_variable_any never;  // but for `stop`
  never.wait_for(lock, stop, std::chrono::duration<double>(seconds), [] { return false; });
  check_goes_on(stop);
}

/// Sleeps until the next attempt. Throws as fail_answer if none is worth it.
void wait_for_retry(const Answer& answer, int num_failed, const Asked& asked,
                    const Settings& settings, Progress& progress,
                    const std::stop_token& stop = {}) {
  const auto pause = pause_before_retry(answer, num_failed, settings);
  if (!pause) {
    fail_answer(answer, asked, settings);
  }
  progress.note(fmt::format("{}: {}; again in {}", asked.file.empty() ? asked.repo.id : asked.file,
                            reason_of(answer), printable(*pause)));
  sleep_for(*pause, stop);
}

/// What all threads of one download share.
struct Job {
  const HubRepo& repo;
  const std::string& commit;
  const CachedRepo& cache;
  const Settings& settings;
  Progress& progress;
  std::stop_source stop = {};

  std::string url(const RepoFile& file) const {
    return fmt::format("{}/{}{}/resolve/{}/{}", settings.endpoint,
                       repo.kind == RepoKind::model ? "" : "datasets/", repo.id, commit,
                       url_escaped(file.path, /*keep_slashes=*/true));
  }
};

/// One attempt to get the rest of the file.
Answer attempt(Job& job, Http& http, const RepoFile& file, PartialFile& partial) {
  const Sink sink{.begin =
                      [&](std::int64_t first_byte) {
                        if (first_byte != partial.size()) {  // the server knows no ranges
                          job.progress.add(-partial.size());
                          partial.clear();
                        }
                      },
                  .write =
                      [&](std::string_view bytes) {
                        check_goes_on(job.stop.get_token());
                        partial.append(bytes);
                        job.progress.add(static_cast<std::int64_t>(bytes.size()));
                      }};
  return http.get(job.url(file), partial.size(), &sink);
}

/// Attempts until the file has its size.
void fill(Job& job, Http& http, const RepoFile& file, PartialFile& partial) {
  const Asked asked{.repo = job.repo, .file = file.path};
  for (int num_failed = 0; partial.size() < file.size || file.size == 0;) {
    const auto before = partial.size();
    Answer answer = attempt(job, http, file, partial);
    if (answer.ok() && partial.size() == file.size) {
      return;
    }
    if (answer.ok()) {
      answer.failure =
          fmt::format("the content ended after {} of {} bytes", partial.size(), file.size);
      answer.status = 0;
      answer.is_transient = true;
    }
    num_failed = partial.size() - before >= kUsefulBytes ? 1 : num_failed + 1;
    wait_for_retry(answer, num_failed, asked, job.settings, job.progress, job.stop.get_token());
  }
}

void download_blob(Job& job, Http& http, const RepoFile& file, const fs::path& partial_name) {
  constexpr int kMaxTries = 2;  // what an earlier process left may be damaged
  PartialFile partial(partial_name, file);
  job.progress.add(partial.size());
  for (int i = 0; i < kMaxTries; ++i) {
    fill(job, http, file, partial);
    if (partial.finish(job.cache.blob(file))) {
      job.progress.finish_file(file.path, file.size);
      return;
    }
    job.progress.note(fmt::format("{}: the content is damaged; once more", file.path));
    job.progress.add(-partial.size());
    partial.clear();
  }
  fail(ErrorKind::corrupt_data,
       "the content of {} has not the {} that the repository lists ({}), also when downloaded "
       "again. A proxy may change what passes it; nothing was kept",
       file.path, file.sha256.empty() ? "git hash" : "SHA-256", file.hash());
}

void get_file(Job& job, Http& http, const RepoFile& file) {
  const auto blob = job.cache.blob(file);
  FileLock lock(job.cache.lock_file(file), "Let HF_HOME name a folder that you may write to");
  if (!lock.try_take()) {
    job.progress.note(fmt::format("{}: another process downloads it; waiting", file.path));
    lock.take();
  }
  if (!fs::exists(blob)) {
    const std::string ending =
        lock.held() ? ".incomplete" : fmt::format(".{}.incomplete", ::getpid());
    download_blob(job, http, file, blob.string() + ending);
  }
  if (!job.cache.has(file)) {
    job.cache.link(file);
  }
}

/// Of the disk that the cache is on.
void check_space(const fs::path& folder, std::int64_t needed) {
  std::error_code unknown;  // then there is room: writing says whether there is enough
  const std::uint64_t available = fs::space(folder, unknown).available;
  check(available >= static_cast<std::uint64_t>(needed), ErrorKind::io,
        "{} more must be downloaded and the disk of {} has {} left. Free some space, or let "
        "HF_HOME name a folder on another disk",
        human_bytes(static_cast<std::uint64_t>(needed)), folder.string(), human_bytes(available));
}

/// Those that are to be downloaded, each content once, the largest first.
std::vector<RepoFile> missing_files(const CachedRepo& cache, const std::vector<RepoFile>& files) {
  std::vector<RepoFile> out;
  std::set<std::string> seen;
  for (const RepoFile& file : files) {
    if (!fs::exists(cache.blob(file)) && seen.insert(file.hash()).second) {
      out.push_back(file);
    }
  }
  std::ranges::stable_sort(out, std::ranges::greater(), &RepoFile::size);
  return out;
}

std::int64_t total_bytes(const std::vector<RepoFile>& files) {
  std::int64_t total = 0;
  for (const RepoFile& file : files) {
    total += file.size;
  }
  return total;
}

std::int64_t arrived_bytes(const CachedRepo& cache, const std::vector<RepoFile>& files) {
  std::int64_t total = 0;
  for (const RepoFile& file : files) {
    std::error_code error;
    const auto size = fs::file_size(cache.blob(file).string() + ".incomplete", error);
    total += error ? 0 : std::min(file.size, static_cast<std::int64_t>(size));
  }
  return total;
}

/// All files on several threads; the first error stops the others and is thrown.
void get_all(Job& job, const std::vector<RepoFile>& files) {
  std::mutex mutex;
  std::exception_ptr first;
  std::atomic<std::size_t> next{0};
  const auto num_threads = std::min<std::size_t>(kNumConnections, files.size());
  const auto work = [&](std::int64_t) {
    try {
      Http http(job.settings);
      for (auto i = next++; i < files.size() && !job.stop.stop_requested(); i = next++) {
        get_file(job, http, files[i]);
      }
    } catch (...) {
      const std::scoped_lock lock(mutex);
      first = first ? first : std::current_exception();
      job.stop.request_stop();
    }
  };
  parallel_for(static_cast<std::int64_t>(num_threads), static_cast<int>(num_threads), work);
  if (first) {
    std::rethrow_exception(first);
  }
}

}  // namespace

Answer get_patiently(Http& http, const std::string& url, const Asked& asked,
                     const Settings& settings, Progress& progress) {
  for (int num_failed = 1;; ++num_failed) {
    Answer answer = http.get(url);
    if (answer.ok()) {
      return answer;
    }
    wait_for_retry(answer, num_failed, asked, settings, progress);
  }
}

void download_files(const HubRepo& repo, const std::string& commit,
                    const std::vector<RepoFile>& files, const Settings& settings,
                    Progress& progress) {
  const CachedRepo cache(repo, commit);
  const auto missing = missing_files(cache, files);
  Job job{
      .repo = repo, .commit = commit, .cache = cache, .settings = settings, .progress = progress};
  if (!missing.empty()) {
    const auto total = total_bytes(missing);
    check_space(cache.snapshot(), total - arrived_bytes(cache, missing));
    progress.start(to_string(repo), static_cast<std::int64_t>(missing.size()), total);
    get_all(job, missing);
  }
  for (const RepoFile& file : files) {
    if (!cache.has(file)) {
      cache.link(file);
    }
  }
}

}  // namespace automodel::hub
