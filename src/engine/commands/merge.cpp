#include "engine/commands/merge.h"

#include <CLI/CLI.hpp>

#include "checkpoint/adapter.h"
#include "checkpoint/load.h"
#include "engine/commands/export_options.h"
#include "models/find_model.h"

namespace automodel::engine {
namespace {

struct MergeArguments {
  std::string adapter;
  std::string revision = "main";
  std::string out;
  std::string base;
  ExportArguments options;
};

/// The base model that the user or else the adapter names.
checkpoint::ModelFolder open_base(const std::string& given,
                                  const checkpoint::PeftAdapter& adapter) {
  const std::string& name = given.empty() ? adapter.config.base_model : given;
  check(!name.empty(), ErrorKind::invalid_argument,
        "{} does not name its base model; give it with --base", adapter.path.string());
  const ErrorContext context(
      "looking for the base model of {} ({})", adapter.path.string(),
      given.empty() ? "named by the adapter; --base overrides it" : "given by --base");
  return checkpoint::open_model(name);
}

void merge(const MergeArguments& arguments) {
  const auto adapter =
      checkpoint::read_peft_adapter(models::find_model(arguments.adapter, arguments.revision));
  const auto base = open_base(arguments.base, adapter);
  auto parameters = checkpoint::load_parameters(base, std::nullopt, checkpoint::Use::freeze);
  parameters = checkpoint::with_adapter(std::move(parameters), adapter, base.modules);
  export_model(arguments.out, base, parameters, arguments.options);
}

ExitCode run_merge(Arguments words) {
  MergeArguments arguments;
  CLI::App app("Merges a LoRA adapter into its base model and writes a Hugging Face folder",
               "automodel merge");
  app.add_option("adapter", arguments.adapter, "folder with adapter_config.json, or its hub id")
      ->required();
  app.add_option("out", arguments.out, "folder to write; must not exist or be empty")->required();
  app.add_option("--base", arguments.base, "base model, if not the one that the adapter names");
  app.add_option("--revision", arguments.revision, "branch, tag or commit of the adapter's hub id");
  add_export_options(app, arguments.options);
  if (parse_arguments(app, words)) {
    merge(arguments);
  }
  return ExitCode::ok;
}

}  // namespace

Command merge_command() { return {"merge", "Merge an adapter into its base model", run_merge}; }

}  // namespace automodel::engine
