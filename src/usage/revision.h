#pragma once
// --revision, which a name on the hub has and a path on this machine has not.

#include <string>

namespace CLI {
class App;
}

namespace automodel::usage {

/// Adds the option, the version of `name`. Both must live as long as the app is used. Reading a
/// line throws Error(invalid_argument) if the option is given and `name` is a path here.
void declare_revision(CLI::App& app, std::string& revision, const std::string& name,
                      const std::string& description = "branch, tag or commit of a hub id");

}  // namespace automodel::usage
