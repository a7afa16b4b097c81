#include "models/describe.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>

#include "base/json.h"
#include "base/text.h"
#include "cli/commands/commands.h"
#include "cli/engine.h"
#include "cli/inputs.h"
#include "models/default_configs.h"
#include "models/find_model.h"
#include "models/registry.h"
#include "models/unsupported.h"
#include "usage/revision.h"

namespace automodel::cli {
namespace {

namespace fs = std::filesystem;

/// The place of a model; for a word that is none, the error also names similar model types.
fs::path find(const std::string& name, const std::string& revision) {
  try {
    return bring_model(name, revision, hub::Need::config);
  } catch (const Error& error) {
    std::vector<std::string> types;
    for (const auto& family : models::families()) {
      types.push_back(family.model_type);
    }
    fail(error.kind(), "{}{}", error.message(), did_you_mean(name, types));
  }
}

bool is_type(const std::string& name) {
  return !fs::exists(name) &&
         (models::default_configs().contains(name) || models::missing_mathematics(name));
}

std::string describe_type(const std::string& type) {
  const auto configs = models::default_configs();
  const auto config = configs.find(type);
  return models::describe(config != configs.end() ? config->second : Json{{"model_type", type}},
                          "the default configuration of " + type);
}

std::string describe_path(const fs::path& path) {
  const auto file = models::config_file(path);
  return models::describe(read_json(file), file.string());
}

struct DescribeLine {
  static constexpr const char* kName = "describe";
  static constexpr const char* kSummary = "Show what a model or model type is made of";

  std::string model;
  std::string revision = "main";

  void declare(CLI::App& app) {
    app.description("Says what a model is made of and what became of each key of its config.json");
    app.add_option("model", model,
                   "Hugging Face folder, config.json, .gguf file, hub id or model type (then with "
                   "Transformers' default configuration)")
        ->required();
    usage::declare_revision(app, revision, model);
    app.footer("Example: automodel describe llama");
  }
};

ExitCode run_describe(const DescribeLine& line, Arguments arguments) {
  if (is_type(line.model)) {
    check(line.revision == "main", ErrorKind::invalid_argument,
          "--revision {} chooses a version on the hub, but {} is a model type: leave --revision "
          "out, or give the model's whole name on the hub, e.g. org/{}",
          line.revision, line.model, line.model);
    fmt::print("{}", describe_type(line.model));
    return ExitCode::ok;
  }
  const auto path = find(line.model, line.revision);
  if (path.extension() == ".gguf") {
    run_engine("describe", arguments);
  }
  fmt::print("{}", describe_path(path));
  return ExitCode::ok;
}

}  // namespace

Command describe_command() { return make_command<DescribeLine>(run_describe); }

}  // namespace automodel::cli
