#pragma once
// The exit codes of both programs: the only list.

#include <span>

#include "base/error.h"

namespace automodel {

enum class ExitCode : int {
  ok = 0,
  /// Anything that is neither bad input nor an interruption: a full disk, no memory, a lost rank, a
  /// defect.
  failure = 1,
  /// The command line, the recipe, a model or a data file is wrong; trying again unchanged is
  /// useless.
  bad_input = 2,
  /// A signal stopped the training after its state was saved, or before its data were prepared; the
  /// same command resumes (EX_TEMPFAIL of sysexits.h).
  interrupted = 75,
};

struct ExitCodeText {
  ExitCode code;
  const char* meaning;
};

/// What each means, for people.
std::span<const ExitCodeText> exit_codes();

/// invalid_argument, not_found, unsupported and corrupt_data are bad_input; interrupted is
/// interrupted; else failure.
ExitCode exit_code_of(ErrorKind kind);

}  // namespace automodel
