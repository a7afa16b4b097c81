#pragma once

#include <string_view>

namespace automodel::cli {

/// The file report.html; the build makes the source of this function.
std::string_view report_text();

}  // namespace automodel::cli
