#include "recipes/finetune/watchers.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <optional>

#include "base/checksum.h"
#include "base/text.h"
#include "config/secret.h"
#include "recipes/finetune/run_manifest.h"
#include "watch/mlflow.h"
#include "watch/tensorboard.h"
#include "watch/wandb.h"

namespace automodel::recipes {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 3> kNoScalars = {"step", "epoch", "timestamp"};

double now() {
  using Clock = std::chrono::system_clock;
  return std::chrono::duration<double>(Clock::now().time_since_epoch()).count();
}

/// Hexadecimal digits that another run will hardly have.
std::string fresh_id(const watch::RunFacts& run, std::size_t num_digits) {
  const auto seed = hash_of(static_cast<std::int64_t>(run.seconds * 1e6), getpid());
  return fmt::format("{:016x}{:016x}", seed, hash_of(seed)).substr(0, num_digits);
}

std::string id_of(const char* program, const watch::RunFacts& run, const Json& earlier,
                  std::size_t num_digits) {
  return earlier.contains(program) ? earlier.at(program).get<std::string>()
                                   : fresh_id(run, num_digits);
}

std::optional<std::string> text_of(const Json& section, const char* key) {
  const auto found = section.find(key);
  return found == section.end() || !found->is_string() ? std::nullopt
                                                       : std::optional(found->get<std::string>());
}

/// What the recipe says, else a default.
fs::path folder_of(const Json& section, const char* key, const char* otherwise) {
  const auto given = text_of(section, key).value_or(otherwise);
  return given.starts_with("file://") ? given.substr(7) : given;
}

/// As upstream: the last two parts of the model's name.
std::string default_name(const config::Recipe& recipe) {
  const auto parts = split(recipe.model.pretrained_model_name_or_path, '/');
  std::vector<std::string> named;
  for (const auto& part : parts) {
    if (!part.empty()) {
      named.push_back(part);
    }
  }
  const std::size_t begin = named.size() > 2 ? named.size() - 2 : 0;
  return join(std::span(named).subspan(begin), "_");
}

watch::RunFacts named(watch::RunFacts run, const std::optional<std::string>& name) {
  run.name = name && !name->empty() ? *name : run.name;
  return run;
}

watch::WandbOptions wandb_options(const Json& section, const std::string& id) {
  watch::WandbOptions out{.folder = folder_of(section, "dir", "."),
                          .project = text_of(section, "project").value_or("automodel"),
                          .entity = text_of(section, "entity"),
                          .group = text_of(section, "group"),
                          .notes = text_of(section, "notes"),
                          .job_type = text_of(section, "job_type"),
                          .id = text_of(section, "id").value_or(id)};
  const Json tags = section.value("tags", Json::array());
  for (const Json& tag : tags) {
    out.tags.push_back(tag.is_string() ? tag.get<std::string>() : tag.dump());
  }
  return out;
}

watch::MlflowOptions mlflow_options(const Json& section, const std::string& id) {
  const Json depth = section.value("flatten_depth", Json(1));
  watch::MlflowOptions out{
      .folder = folder_of(section, "tracking_uri", "mlruns"),
      .experiment = text_of(section, "experiment_name").value_or(""),
      .artifact_location = text_of(section, "artifact_location"),
      .description = text_of(section, "description"),
      .flatten_depth = depth.is_null() ? std::numeric_limits<int>::max() : depth.get<int>(),
      .run_id = id};
  const Json tags = section.value("tags", Json::object());
  for (const auto& [name, value] : tags.items()) {
    out.tags[name] = value.is_string() ? value.get<std::string>() : value.dump();
  }
  return out;
}

void collect(const Json& line, const std::string& prefix,
             std::vector<std::pair<std::string, double>>& out) {
  for (const auto& [key, value] : line.items()) {
    if (value.is_object()) {
      collect(value, prefix + key + "/", out);
    } else if (value.is_number()) {
      out.emplace_back(prefix + key, value.get<double>());
    }
  }
}

}  // namespace

std::vector<std::pair<std::string, double>> scalars_of(const Json& line) {
  Json numbers = line;
  for (const auto key : kNoScalars) {
    numbers.erase(std::string(key));
  }
  std::vector<std::pair<std::string, double>> out;
  collect(numbers, "", out);
  return out;
}

Watchers::Watchers(const config::Recipe& recipe, const Json& config,
                   std::optional<std::int64_t> resumed_at)
    : every_(recipe.step_scheduler.log_remote_every_steps) {
  const watch::RunFacts facts{.name = default_name(recipe),
                              .config = config,
                              .seconds = now(),
                              .first_step = resumed_at.value_or(0),
                              .is_resumed = resumed_at.has_value()};
  const Json manifest = facts.is_resumed ? read_manifest(recipe) : Json::object();
  const Json earlier = manifest.value("watchers", Json::object());
  const auto section = [&recipe](const char* name) {
    const auto found = recipe.other.find(name);
    return found == recipe.other.end() || found->second.is_null()
               ? std::nullopt
               : std::optional(config::masked_secrets(found->second));
  };
  if (const auto tensorboard = section("tensorboard")) {
    const auto folder = fs::path(recipe.checkpoint.checkpoint_dir) / "tensorboard";
    writers_.push_back(watch::tensorboard_writer(
        text_of(*tensorboard, "log_dir").value_or(folder.string()), facts));
  }
  if (const auto wandb = section("wandb")) {
    const auto options = wandb_options(*wandb, id_of("wandb", facts, earlier, 8));
    ids_["wandb"] = options.id;
    writers_.push_back(watch::wandb_writer(options, named(facts, text_of(*wandb, "name"))));
  }
  if (const auto mlflow = section("mlflow")) {
    const bool goes_on = mlflow->value("resume", true);
    const auto id = id_of("mlflow", facts, goes_on ? earlier : Json::object(), 32);
    ids_["mlflow"] = id;
    writers_.push_back(watch::mlflow_writer(mlflow_options(*mlflow, id),
                                            named(facts, text_of(*mlflow, "run_name"))));
  }
}

std::vector<std::string> Watchers::step(const Json& line) {
  return line.at("step").get<std::int64_t>() % every_ == 0 ? show("", line)
                                                           : std::vector<std::string>();
}

std::vector<std::string> Watchers::validation(const std::string& section, const Json& line) {
  return show(section + "/", line);
}

std::vector<std::string> Watchers::finish(watch::RunEnd end) {
  is_finished_ = true;
  return each([&](watch::Writer& writer) { writer.finish(end, now()); });
}

Watchers::~Watchers() {
  if (is_finished_) {
    return;
  }
  try {
    for (const std::string& warning : finish(watch::RunEnd::failed)) {
      fmt::print(stderr, "{}\n", warning);
    }
  } catch (const std::exception& error) {  // the one that ends the run follows
    fmt::print(stderr, "warning: {}\n", error.what());
  }
}

std::vector<std::string> Watchers::places() const {
  std::vector<std::string> out;
  for (const auto& writer : writers_) {
    out.push_back("watch with  " + writer->place());
  }
  return out;
}

std::vector<std::string> Watchers::show(const std::string& prefix, const Json& line) {
  watch::Scalars point{.step = line.at("step").get<std::int64_t>(), .seconds = now()};
  for (auto& [name, value] : scalars_of(line)) {
    point.values.emplace_back(prefix + name, value);
  }
  return each([&](watch::Writer& writer) { writer.write(point); });
}

std::vector<std::string> Watchers::each(const std::function<void(watch::Writer&)>& tell) {
  std::vector<std::string> lost;
  std::erase_if(writers_, [&](const std::unique_ptr<watch::Writer>& writer) {
    try {
      tell(*writer);
      return false;
    } catch (const std::exception& error) {
      lost.push_back(fmt::format(
          "warning: nothing more of this run is written for '{}' (the JSONL files have all): {}",
          writer->place(), error.what()));
      return true;
    }
  });
  return lost;
}

}  // namespace automodel::recipes
