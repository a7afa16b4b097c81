#pragma once

#include <cstdint>
#include <string>

namespace automodel::testing {

/// A kernel is launched that reads and writes `bytes`. With PRETENDED_GPU_PROFILE=FILE in the
/// environment, a line of JSON for each is added to the file: launches and bytes are what the time
/// of a GPU goes into, apart from products.
void log_launch(const std::string& operation, std::int64_t bytes);
bool logs_launches();

}  // namespace automodel::testing
