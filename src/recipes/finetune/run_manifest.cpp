#include "recipes/finetune/run_manifest.h"

#include <fmt/format.h>

#include <array>
#include <cstdlib>

#include "base/cores.h"
#include "base/file.h"
#include "base/fingerprint.h"
#include "base/git.h"
#include "base/processor.h"
#include "base/text.h"
#include "checkpoint/atomic_folder.h"
#include "config/manifest.h"
#include "tensor/library.h"
#include "train/metrics.h"

namespace automodel::recipes {
namespace {

namespace fs = std::filesystem;

constexpr std::array<const char*, 6> kVariables = {"AUTOMODEL_ISA",       "OMP_NUM_THREADS",
                                                   "ATEN_CPU_CAPABILITY", "MKL_ENABLE_INSTRUCTIONS",
                                                   "ONEDNN_MAX_CPU_ISA",  "MKL_CBWR"};

/// Parts that must agree for two runs to be the same bit for bit.
constexpr std::array<const char*, 5> kDecisive = {"software", "machine", "environment", "model",
                                                  "data"};

Json environment() {
  Json out = Json::object();
  for (const char* name : kVariables) {
    if (const char* value = std::getenv(name)) {
      out[name] = value;
    }
  }
  return out;
}

Json machine(const RunModel& run, int num_threads) {
  const auto processor = this_processor();
  return {{"processor", processor.name}, {"instruction_sets", processor.instruction_sets},
          {"kernels", torch_kernels()},  {"threads", num_threads},
          {"cores", usable_cores()},     {"device", run.model.options().device.str()}};
}

Json files_json(const fs::path& path) {
  Json out = Json::object();
  for (const auto& [name, print] : fingerprints(path)) {
    out[name] = to_json(print);
  }
  return out;
}

/// Files and folders that a section names, by the name it gives them.
void add_files(const Json& value, Json& out) {
  if (value.is_structured()) {
    for (const auto& child : value) {
      add_files(child, out);
    }
  } else if (value.is_string()) {
    const auto name = value.get<std::string>();
    std::error_code error;
    if (!name.empty() && name.size() < 4096 && fs::exists(name, error) && !error) {
      out[name] = files_json(name);
    }
  }
}

Json data_json(const config::Recipe& recipe) {
  Json out = Json::object();
  add_files(recipe.dataset.keys, out);
  for (const auto& [name, section] : recipe.validation_datasets) {
    add_files(section.keys, out);
  }
  return out;
}

}  // namespace

Json make_manifest(const config::LoadedRecipe& loaded, const RunModel& run, int num_threads) {
  Json out = config::manifest_config(loaded);
  const auto git = git_state(fs::current_path());
  out["time"] = train::utc_timestamp();
  out["folder"] = fs::current_path().string();
  out["software"] = {{"automodel", AM_VERSION},
                     {"program", to_json(fingerprint(fs::read_symlink("/proc/self/exe")))},
                     {"torch", torch_version()}};
  out["machine"] = machine(run, num_threads);
  out["environment"] = environment();
  out["git"] =
      git ? Json{{"commit", git->commit}, {"has_changes", git->has_changes}} : Json(nullptr);
  out["model"] = {{"path", fs::absolute(run.source.path).string()},
                  {"files", files_json(run.source.path)}};
  out["data"] = data_json(loaded.recipe);
  out["results"] = nullptr;
  return out;
}

void write_manifest(const config::Recipe& recipe, const Json& manifest) {
  const fs::path folder = recipe.checkpoint.checkpoint_dir;
  checkpoint::make_folders(folder);
  write_file_atomic(folder / "manifest.json", manifest.dump(2) + "\n");
}

std::vector<std::string> differences_from(const Json& earlier, const Json& manifest) {
  std::vector<std::string> out;
  for (const char* part : kDecisive) {
    const Json before = earlier.contains(part) ? earlier.at(part) : Json::object();
    for (const Json& change : Json::diff(before, manifest.at(part))) {
      out.push_back(fmt::format("{}{} is not as in the manifest: the run may not repeat it exactly",
                                part,
                                replace_all(change.at("path").get<std::string>(), "~1", "/")));
    }
  }
  return out;
}

}  // namespace automodel::recipes
