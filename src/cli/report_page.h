#pragma once
// The page of `automodel report`: src/cli/report.html with the runs' data in it.

#include <string>
#include <vector>

#include "cli/run_record.h"

namespace automodel::cli {

/// HTML that needs nothing else. Of long runs, about 2,000 steps evenly spread are in it, the first
/// and the last among them.
std::string report_page(const std::vector<RunRecord>& runs);

}  // namespace automodel::cli
