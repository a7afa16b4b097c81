#pragma once

#include "base/command.h"

namespace automodel::cli {

Command report_command();

}  // namespace automodel::cli
