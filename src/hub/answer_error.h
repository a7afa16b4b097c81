#pragma once
// What an answer that is no success means to the user.

#include "base/hub_cache.h"
#include "hub/http.h"

namespace automodel::hub {

/// What was asked for.
struct Asked {
  HubRepo repo;
  std::string file = {};  // empty: the repository itself
};

/// Throws an Error that says what the answer means and what to do: not_found for what does not
/// exist or is hidden, invalid_argument for a refused token or a gated model, io for what may work
/// later. Nothing secret is in it.
[[noreturn]] void fail_answer(const Answer& answer, const Asked& asked, const Settings& settings);

}  // namespace automodel::hub
