#include "watch/mlflow.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>

#include "base/checksum.h"
#include "base/error.h"
#include "base/file.h"
#include "base/growing_file.h"
#include "base/known.h"
#include "base/text.h"
#include "config/yaml.h"

namespace automodel::watch {
namespace {

namespace fs = std::filesystem;

// RunStatus
constexpr int kRunning = 1;
constexpr int kFinished = 3;
constexpr int kFailed = 4;
constexpr int kKilled = 5;

constexpr std::size_t kMostParameterBytes = 6000;
constexpr std::size_t kMostOpenFiles = 64;  // of metrics; their names may be many (of experts)

int status_of(RunEnd end) {
  switch (end) {
    case RunEnd::complete:
      return kFinished;
    case RunEnd::stopped:
      return kKilled;
    case RunEnd::failed:
      break;
  }
  return kFailed;
}

std::int64_t milliseconds(double seconds) { return std::llround(seconds * 1000); }

std::string uri(const fs::path& path) { return "file://" + fs::absolute(path).string(); }

/// JSON is YAML.
void write_meta(const fs::path& folder, const Json& meta) {
  fs::create_directories(folder);
  write_file_atomic(folder / "meta.yaml", meta.dump(1) + "\n");
}

/// A name may have folders of its own.
fs::path entry_of(const fs::path& folder, const std::string& name) {
  check(stays_inside(name), ErrorKind::invalid_argument,
        "mlflow: '{}' cannot be the name of a tag, parameter or metric, which is a relative path "
        "without '..'; rename it",
        name);
  return folder / name;
}

void write_entry(const fs::path& folder, const std::string& name, const std::string& value) {
  const fs::path file = entry_of(folder, name);
  fs::create_directories(file.parent_path());
  write_file_atomic(file, value);
}

/// A value of meta.yaml, which MLflow may have written anew; none: it has no such key.
std::optional<std::string> find_in_meta(const fs::path& meta, const char* key) {
  const auto document = config::parse_yaml(read_file(meta), meta.string());
  const config::Node* value = config::find_path(document.root, key);
  return value == nullptr ? std::nullopt : std::optional(value->text);
}

std::string name_of_experiment(const fs::path& meta) {
  const auto name = find_in_meta(meta, "name");
  check(name.has_value(), ErrorKind::corrupt_data,
        "{}: an experiment without 'name'; remove it or choose another mlflow.tracking_uri",
        meta.string());
  return known(name);
}

std::optional<fs::path> find_experiment(const fs::path& store, const std::string& name) {
  for (const auto& entry : fs::directory_iterator(store)) {
    const auto meta = entry.path() / "meta.yaml";
    if (fs::exists(meta) && name_of_experiment(meta) == name) {
      return entry.path();
    }
  }
  return std::nullopt;
}

fs::path make_experiment(const MlflowOptions& options, const std::string& name, double seconds) {
  const auto hash = hash_of(checksum(name), milliseconds(seconds), getpid());
  const std::string id =
      name == "Default"
          ? "0"
          : fmt::format("{}", 100'000'000'000'000'000 + hash % 800'000'000'000'000'000);
  const fs::path folder = options.folder / id;
  write_meta(folder, {{"artifact_location", options.artifact_location.value_or(uri(folder))},
                      {"creation_time", milliseconds(seconds)},
                      {"experiment_id", id},
                      {"last_update_time", milliseconds(seconds)},
                      {"lifecycle_stage", "active"},
                      {"name", name}});
  return folder;
}

fs::path experiment_folder(const MlflowOptions& options, double seconds) {
  std::error_code error;
  fs::create_directories(options.folder, error);
  check(!error, ErrorKind::io, "cannot make the folder {} (mlflow.tracking_uri): {}",
        options.folder.string(), error.message());
  const std::string name = options.experiment.empty() ? "Default" : options.experiment;
  const auto found = find_experiment(options.folder, name);
  return found ? *found : make_experiment(options, name, seconds);
}

std::string user_name() {
  const char* user = std::getenv("USER");
  return user == nullptr ? "unknown" : user;
}

std::string value_text(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

void write_parameters(const fs::path& folder, const Json& config, const std::string& prefix,
                      int depth) {
  for (const auto& [key, value] : config.items()) {
    if (value.is_object() && depth > 0) {
      write_parameters(folder, value, prefix + key + ".", depth - 1);
    } else {
      write_entry(folder, prefix + key,
                  std::string(first_bytes(value_text(value), kMostParameterBytes)));
    }
  }
}

/// Drops the lines "TIME VALUE STEP" of steps that will be made again.
void drop_later_points(const fs::path& metrics, std::int64_t first_step) {
  std::vector<fs::path> files;  // first, since writing one may remove what was left of it
  for (const auto& entry : fs::recursive_directory_iterator(metrics)) {
    files.push_back(entry.path());
  }
  for (const auto& file : files) {
    if (!fs::is_regular_file(file)) {
      continue;
    }
    std::string kept;
    for (const auto& line : split(read_file(file), '\n')) {
      const auto words = split(line, ' ');
      if (words.size() == 3 && std::atoll(words[2].c_str()) < first_step) {
        kept += line + "\n";
      }
    }
    write_file_atomic(file, kept);
  }
}

class Mlflow : public Writer {
 public:
  Mlflow(const MlflowOptions& options, const RunFacts& run)
      : experiment_(experiment_folder(options, run.seconds)),
        folder_(experiment_ / options.run_id) {
    meta_ = {{"artifact_uri", artifacts(options)},
             {"end_time", nullptr},
             {"entry_point_name", ""},
             {"experiment_id", experiment_.filename().string()},
             {"lifecycle_stage", "active"},
             {"run_id", options.run_id},
             {"run_name", run.name},
             {"run_uuid", options.run_id},
             {"source_name", "automodel"},
             {"source_type", 4},
             {"source_version", ""},
             {"start_time", milliseconds(run.seconds)},
             {"status", kRunning},
             {"tags", Json::array()},
             {"user_id", user_name()}};
    const bool goes_on = run.is_resumed && fs::exists(folder_ / "metrics");
    if (goes_on) {
      drop_later_points(folder_ / "metrics", run.first_step);
      keep_start();
    }
    for (const char* part : {"metrics", "params", "tags", "artifacts"}) {
      fs::create_directories(folder_ / part);
    }
    write_meta(folder_, meta_);
    write_parameters(folder_ / "params", run.config, "", options.flatten_depth);
    write_tags(options, run);
  }

  void write(const Scalars& point) override {
    for (const auto& [name, value] : point.values) {
      auto found = metrics_.find(name);
      if (found == metrics_.end()) {
        if (metrics_.size() == kMostOpenFiles) {
          metrics_.clear();
        }
        found = metrics_.try_emplace(name, entry_of(folder_ / "metrics", name)).first;
      }
      found->second.write(
          fmt::format("{} {} {}\n", milliseconds(point.seconds), value, point.step));
    }
  }

  void finish(RunEnd end, double seconds) override {
    meta_["end_time"] = milliseconds(seconds);
    meta_["status"] = status_of(end);
    write_meta(folder_, meta_);
  }

  std::string place() const override {
    return "mlflow ui --backend-store-uri " + experiment_.parent_path().string();
  }

 private:
  /// A run that goes on started when its first part did.
  void keep_start() {
    const fs::path meta = folder_ / "meta.yaml";
    const auto start = fs::exists(meta) ? find_in_meta(meta, "start_time") : std::nullopt;
    if (const auto time = parse_number<std::int64_t>(start.value_or(""))) {
      meta_["start_time"] = *time;
    }
  }

  std::string artifacts(const MlflowOptions& options) const {
    return options.artifact_location
               ? *options.artifact_location + "/" + options.run_id + "/artifacts"
               : uri(folder_ / "artifacts");
  }

  void write_tags(const MlflowOptions& options, const RunFacts& run) const {
    const fs::path tags = folder_ / "tags";
    for (const auto& [name, value] : options.tags) {
      write_entry(tags, name, value);
    }
    write_entry(tags, "mlflow.runName", run.name);
    write_entry(tags, "mlflow.source.name", "automodel");
    write_entry(tags, "mlflow.source.type", "LOCAL");
    write_entry(tags, "mlflow.user", user_name());
    if (options.description) {
      write_entry(tags, "mlflow.note.content", *options.description);
    }
  }

  fs::path experiment_;
  fs::path folder_;
  Json meta_;
  std::map<std::string, GrowingFile> metrics_;
};

}  // namespace

std::unique_ptr<Writer> mlflow_writer(const MlflowOptions& options, const RunFacts& run) {
  return std::make_unique<Mlflow>(options, run);
}

}  // namespace automodel::watch
