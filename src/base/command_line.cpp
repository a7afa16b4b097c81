#include "base/command_line.h"

#include <CLI/CLI.hpp>

namespace automodel {

bool read_options(const char* name, const std::function<void(CLI::App&)>& declare,
                  std::vector<std::string>* overrides, Arguments arguments) {
  CLI::App app;
  app.name(std::string("automodel ") + name);
  declare(app);
  if (overrides == nullptr) {
    return parse_arguments(app, arguments);
  }
  auto split = split_overrides(app, arguments);
  *overrides = std::move(split.overrides);
  return parse_arguments(app, split.own);
}

}  // namespace automodel
