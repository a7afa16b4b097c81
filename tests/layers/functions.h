#pragma once
// The functions that a C++ source defines, with the sizes that the budgets speak of.

#include <string>
#include <vector>

#include "tests/layers/tokens.h"

namespace automodel::layers {

struct Function {
  std::string name;
  int first_line = 0;
  int last_line = 0;
  int num_parameters = 0;
  int nesting = 0;  // blocks and lambda bodies inside one another; the function's own braces are 0

  int num_lines() const { return last_line - first_line + 1; }
};

/// Free functions, methods and namespace-level lambdas; a lambda inside a function is part of it.
std::vector<Function> find_functions(const std::vector<Token>& tokens);

}  // namespace automodel::layers
