#include "base/exit_code.h"

#include <array>

namespace automodel {

std::span<const ExitCodeText> exit_codes() {
  static constexpr std::array<ExitCodeText, 4> kTexts = {
      {{ExitCode::ok, "success"},
       {ExitCode::failure,
        "failure that is neither of the following: a full disk, no memory, a lost process, a "
        "defect"},
       {ExitCode::bad_input,
        "bad input: the command line, the recipe, a model or a data file is wrong; trying again "
        "unchanged is useless"},
       {ExitCode::interrupted,
        "interrupted by a signal after the state was saved, or before the data were prepared; the "
        "same command resumes"}}};
  return kTexts;
}

ExitCode exit_code_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::invalid_argument:
    case ErrorKind::not_found:
    case ErrorKind::unsupported:
    case ErrorKind::corrupt_data:
      return ExitCode::bad_input;
    case ErrorKind::interrupted:
      return ExitCode::interrupted;
    case ErrorKind::io:
    case ErrorKind::out_of_memory:
    case ErrorKind::distributed:
    case ErrorKind::internal:
      return ExitCode::failure;
  }
  return ExitCode::failure;
}

}  // namespace automodel
