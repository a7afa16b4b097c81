#include "cli/run_record.h"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "config/manifest.h"

namespace automodel::cli {
namespace {

namespace fs = std::filesystem;

/// A full disk or a killed program leaves a last line unfinished; the run that goes on drops it.
std::vector<Json> read_lines(const fs::path& path) {
  std::vector<Json> out;
  std::int64_t number = 0;
  std::string text = read_file(path);
  if (!text.empty() && !text.ends_with('\n')) {
    fmt::print(stderr, "warning: {}: the last line is unfinished and left out\n", path.string());
    text.erase(text.rfind('\n') + 1);  // npos + 1 is 0
  }
  for (const std::string& line : split(text, '\n')) {
    ++number;
    if (!trim(line).empty()) {
      out.push_back(parse_json(line, path.string(), number));
      check(out.back().is_object(), ErrorKind::corrupt_data,
            "{}:{}: expected a JSON object, found {}", path.string(), number,
            out.back().type_name());
    }
  }
  return out;
}

Json manifest_in(const fs::path& folder) {
  const auto file = folder / "manifest.json";
  return fs::is_regular_file(file) ? config::parse_manifest(read_file(file)) : Json(nullptr);
}

/// The run's folder: `path`, or the one around a checkpoint.
fs::path find_folder(const fs::path& path) {
  const fs::path folder = fs::is_regular_file(path) ? path.parent_path() : path;
  for (const fs::path& candidate :
       {folder, fs::absolute(folder).lexically_normal().parent_path()}) {
    if (!manifest_in(candidate).is_null()) {
      return candidate;
    }
  }
  fail(ErrorKind::not_found,
       "{} holds no manifest.json of a run; give the folder that checkpoint.checkpoint_dir named",
       path.string());
}

}  // namespace

RunRecord read_run(const std::string& path) {
  const fs::path folder = find_folder(path);
  RunRecord out{.folder = folder.string(), .manifest = manifest_in(folder)};
  if (fs::exists(folder / "training.jsonl")) {
    out.steps = read_lines(folder / "training.jsonl");
  }
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string stem = entry.path().stem().string();
    if (entry.path().extension() == ".jsonl" && stem.starts_with("validation")) {
      const std::string name = stem == "validation" ? "default" : stem.substr(11);
      out.validations[name] = read_lines(entry.path());
    }
  }
  return out;
}

}  // namespace automodel::cli
