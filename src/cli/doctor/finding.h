#pragma once
// One line of `automodel doctor`.

#include <optional>
#include <string>

#include "base/json.h"

namespace automodel::cli {

struct Finding {
  std::string title;
  std::string text;
  std::optional<std::string> fix = {};  // what to do, if something is to be done
  bool prevents = false;                // without the fix nothing can be trained
  Json facts = Json::object();          // what `text` was made of
};

}  // namespace automodel::cli
