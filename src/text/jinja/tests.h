#pragma once
// The tests behind `is`. Source: jinja2/tests.py.

#include <span>
#include <string_view>

#include "text/jinja/ast.h"

namespace automodel::text::jinja {

struct NamedTest {
  std::string_view name;
  Test body;
};

std::span<const NamedTest> all_tests();

}  // namespace automodel::text::jinja
