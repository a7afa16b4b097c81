#pragma once
// What recipes may ask for and this program cannot do yet. A feature that arrives removes its line
// in not_built.cpp.

#include <string>
#include <vector>

#include "config/node.h"

namespace automodel::config {

/// smoke: on one process, with made-up data.
enum class Scope { run, smoke };

/// Whether a run of this tree's tool_call_eval would evaluate: upstream leaves it out with sharded
/// weights unless told otherwise.
bool evaluates_tool_calls(const Node& tree);

/// "tensor parallelism (distributed.tp_size: 2)" for each thing that the checked tree asks for,
/// without repeats.
std::vector<std::string> find_not_built(const Node& tree, Scope scope = Scope::run);

/// What the program cannot do yet, in the words of find_not_built, without repeats.
std::vector<std::string> all_not_built();

}  // namespace automodel::config
