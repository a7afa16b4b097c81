#include "usage/revision.h"

#include <CLI/CLI.hpp>
#include <filesystem>

#include "base/error.h"
#include "base/hub_cache.h"
#include "base/pointer.h"

namespace automodel::usage {
namespace {

void check_on_hub(const std::string& revision, const std::string& name) {
  std::error_code ignored;  // e.g. a name too long for a path
  check(!std::filesystem::exists(follow_pointers(name), ignored), ErrorKind::invalid_argument,
        "--revision {0} chooses a version on the hub, but {1} is a path on this machine, which has "
        "none; leave --revision out{2}",
        revision, name,
        is_hub_id(name) ? ", or call the command from another folder to mean the hub's" : "");
}

}  // namespace

void declare_revision(CLI::App& app, std::string& revision, const std::string& name,
                      const std::string& description) {
  const auto* option = app.add_option("--revision", revision, description);
  app.final_callback([option, &revision, &name] {
    if (!option->empty()) {
      check_on_hub(revision, name);
    }
  });
}

}  // namespace automodel::usage
