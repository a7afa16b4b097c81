#pragma once
// The filters and tests by name.

#include <string_view>

#include "text/jinja/ast.h"

namespace automodel::text::jinja {

/// Null if Jinja has no such filter or test.
Filter find_filter(std::string_view name);
Test find_test(std::string_view name);

}  // namespace automodel::text::jinja
