#pragma once

#include <cstdint>

namespace automodel::text {

/// What a template may use before rendering stops with an error that names the limit.
struct RenderLimits {
  std::int64_t steps = 20'000'000;       // evaluated nodes and items, plus a share of their bytes
  std::int64_t output_bytes = 64 << 20;  // of the rendered text
  std::int64_t allocated_bytes = 1'000'000'000;  // of all strings and lists made, kept or not
  int depth = 1'000;  // of nested statements, expressions and macro calls
  bool operator==(const RenderLimits&) const = default;
};

}  // namespace automodel::text
