#pragma once

namespace automodel {

/// Whether a sanitizer watches this test: its times and its memory are then not the program's.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

}  // namespace automodel
