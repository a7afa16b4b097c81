#include "base/exit_code.h"

namespace automodel {

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
