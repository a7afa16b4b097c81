#pragma once
// Template source to a syntax tree with resolved names.

#include <set>
#include <string>
#include <string_view>

#include "text/jinja/ast.h"

namespace automodel::text::jinja {

struct Template {
  std::string name;
  Body body;
  FrameLayout frame;
  std::set<std::string, std::less<>> variables;  // read from outside
  bool has_generation_blocks = false;
};

/// Throws Error(invalid_argument) "name:line: ..." on a syntax error, Error(unsupported) likewise
/// for the parts of Jinja that chat templates cannot use.
Template parse_template(std::string_view source, std::string name);

}  // namespace automodel::text::jinja
