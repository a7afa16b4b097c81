#include "recipes/finetune/run_manifest.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "base/cores.h"
#include "base/error.h"
#include "base/file.h"
#include "base/fingerprint.h"
#include "base/git.h"
#include "base/isa.h"
#include "base/json_change.h"
#include "base/processor.h"
#include "checkpoint/atomic_folder.h"
#include "checkpoint/base_files.h"
#include "config/manifest.h"
#include "recipes/finetune/run_plan.h"
#include "tensor/dtype.h"
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
  return {{"processor", processor.name},
          {"instruction_sets", processor.instruction_sets},
          {"own_kernels", isa_name(chosen_isa())},
          {"kernels", torch_kernels()},
          {"threads", num_threads},
          {"cores", usable_cores()},
          {"device", run.model.options().device.str()}};
}

Json model_json(const fs::path& path) {
  return {{"path", fs::absolute(path).string()}, {"files", checkpoint::base_files(path)}};
}

Json rows_json(const data::PreparedDataset& rows) {
  return {{"rows", rows.dataset->size()},
          {"xxh64", fmt::format("{:016x}", rows.dataset->content_hash())}};
}

/// What of the recipe makes another training of the same rows and the same model. The learning rate
/// and weight decay go on as the checkpoint has them: its schedule says them.
Json settings_json(const Json& config, const config::Recipe& recipe, const RunModel& run) {
  Json out = {{"step_scheduler",
               {{"global_batch_size", config.at("step_scheduler").at("global_batch_size")}}}};
  for (const char* section : {"optimizer", "loss_fn", "clip_grad_norm", "peft"}) {
    out[section] = config.value(section, Json(nullptr));
  }
  out["optimizer"].erase("lr");
  out["optimizer"].erase("weight_decay");
  out["model"] = {{"compute_dtype", dtype_name(run.compute.dtype)},
                  {"moe_overrides", config.at("model").value("moe_overrides", Json(nullptr))}};
  for (const char* key : {"fake_balanced_gate", "gate_precision"}) {
    out["model"]["backend"][key] = recipe.model.backend.value(key, Json(nullptr));
  }
  return out;
}

Json data_json(const RunData& data) {
  Json out = {{"dataset", rows_json(data.train)}};
  for (const auto& [name, rows] : data.validation) {
    out[validation_section(name)] = rows_json(rows);
  }
  return out;
}

}  // namespace

Json make_manifest(const config::LoadedRecipe& loaded, const RunModel& run, const RunData& data,
                   int num_threads) {
  Json out = config::manifest_config(loaded);
  const auto git = git_state(fs::current_path());
  out["time"] = train::utc_timestamp();
  out["folder"] = fs::current_path().string();
  out["software"] = {{"automodel", AM_VERSION},
                     {"program", to_json(fingerprint("/proc/self/exe"))},
                     {"torch", torch_version()}};
  out["machine"] = machine(run, num_threads);
  out["environment"] = environment();
  out["git"] =
      git ? Json{{"commit", git->commit}, {"has_changes", git->has_changes}} : Json(nullptr);
  out["model"] = model_json(run.source.path);
  out["data"] = data_json(data);
  out["sample"] = show_first_sample(data, /*is_terminal=*/false);
  out["results"] = nullptr;
  return out;
}

Json ground_of(const config::Recipe& recipe, const RunModel& run, const RunData& data,
               const Json& manifest) {
  const auto loader = corpus::loader_options(recipe, data.lengths);
  Json order = {{"seed", loader.seed}, {"shuffle", loader.shuffle}};
  if (!loader.lengths.empty()) {
    order["group_by_length"] = true;
    order["global_batch_size"] = loader.global_batch_size;
  }
  Json out = {{"data", manifest.at("data").at("dataset")},
              {"order", std::move(order)},
              {"config", run.source.config},
              {"settings", settings_json(manifest.at("config"), recipe, run)},
              {"dataset", corpus::row_settings(recipe.dataset)}};
  if (run.lora) {
    out["base"] = manifest.at("model").at("files");
  }
  return out;
}

Json read_manifest(const config::Recipe& recipe) {
  const auto file = fs::path(recipe.checkpoint.checkpoint_dir) / "manifest.json";
  Json manifest = fs::is_regular_file(file) ? read_json(file) : Json::object();
  const Json ids = manifest.is_object() ? manifest.value("watchers", Json::object()) : Json();
  check(ids.is_object() && std::ranges::all_of(ids, &Json::is_string), ErrorKind::corrupt_data,
        "{}: expected an object whose 'watchers' is an object of texts, found {}; remove the file, "
        "and the run goes on with a new one",
        file.string(), manifest.is_object() ? ids.dump() : manifest.type_name());
  return manifest;
}

void write_manifest(const config::Recipe& recipe, const Json& manifest) {
  const fs::path folder = recipe.checkpoint.checkpoint_dir;
  checkpoint::make_folders(folder);
  const auto text = manifest.dump(2, ' ', false, Json::error_handler_t::replace);
  write_file_atomic(folder / "manifest.json", text + "\n");
}

std::vector<std::string> differences_from(const Json& earlier, const Json& manifest) {
  std::vector<std::string> out;
  if (earlier.is_null()) {
    return out;
  }
  for (const char* part : kDecisive) {
    const Json before = earlier.contains(part) ? earlier.at(part) : Json::object();
    for (const JsonChange& change : json_changes(before, manifest.at(part))) {
      out.push_back(fmt::format(
          "{}.{} is not as in the manifest: the run may not repeat it exactly", part, change.path));
    }
  }
  return out;
}

}  // namespace automodel::recipes
