#include "usage/merge.h"

#include "base/command_line.h"
#include "checkpoint/adapter.h"
#include "checkpoint/load.h"
#include "engine/commands/attach.h"
#include "engine/commands/commands.h"
#include "engine/commands/export.h"
#include "models/find_model.h"

namespace automodel::engine {
namespace {

/// The base model that the user or else the adapter names.
checkpoint::ModelFolder open_base(const std::string& given,
                                  const checkpoint::PeftAdapter& adapter) {
  const std::string& name = given.empty() ? adapter.config.base_model : given;
  check(!name.empty(), ErrorKind::invalid_argument,
        "{} does not name its base model; give it with --base", adapter.path.string());
  const ErrorContext context(
      "looking for the base model of {} ({})", adapter.path.string(),
      given.empty() ? "named by the adapter; --base overrides it" : "given by --base");
  return open_base_of(adapter, name, given.empty() ? adapter.config.base_revision : "main");
}

ExitCode run_merge(const usage::Merge& line, Arguments) {
  const auto stop = leaves_nothing(line.out);
  const auto adapter =
      checkpoint::read_peft_adapter(models::find_model(line.adapter, line.revision));
  auto base = open_base(line.base, adapter);
  use_adapter_text(base, adapter.path);
  auto parameters = checkpoint::load_parameters(base, std::nullopt, checkpoint::Use::freeze);
  parameters = attach_adapter(std::move(parameters), adapter, base);
  export_model(line.out, base, parameters, line.written);
  return ExitCode::ok;
}

}  // namespace

Command merge_command() { return make_command<usage::Merge>(run_merge); }

}  // namespace automodel::engine
