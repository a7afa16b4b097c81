#include "checkpoint/lowest.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json_change.h"
#include "base/known.h"
#include "checkpoint/signature.h"

namespace automodel::checkpoint {
namespace {

/// The section's name decides on nothing.
Json without_name(Json set) {
  if (set.is_object()) {
    set.erase("name");
  }
  return set;
}

bool is_same_set(const Json& a, const Json& b) { return without_name(a) == without_name(b); }

bool are_comparable(const Manifest& a, const Manifest& b) {
  return a.validation_loss && b.validation_loss &&
         signature_difference(a.signature, b.signature).empty() &&
         is_same_set(a.validation_loss->set, b.validation_loss->set);
}

const Checkpoint* lowest_like(const std::vector<Checkpoint>& newest_first, const Manifest& like) {
  const Checkpoint* best = nullptr;
  for (const auto& checkpoint : newest_first) {
    if (are_comparable(checkpoint.manifest, like) &&
        (best == nullptr || known(checkpoint.manifest.validation_loss).value <=
                                known(best->manifest.validation_loss).value)) {
      best = &checkpoint;
    }
  }
  return best;
}

const Checkpoint* newest_measured(const std::vector<Checkpoint>& newest_first,
                                  const Json& signature) {
  const auto found = std::ranges::find_if(newest_first, [&](const Checkpoint& checkpoint) {
    return checkpoint.manifest.validation_loss &&
           signature_difference(signature, checkpoint.manifest.signature).empty();
  });
  return found == newest_first.end() ? nullptr : &*found;
}

}  // namespace

const Checkpoint* lowest(const std::vector<Checkpoint>& newest_first) {
  const Checkpoint* like =
      newest_first.empty() ? nullptr
                           : newest_measured(newest_first, newest_first.front().manifest.signature);
  return like == nullptr ? nullptr : lowest_like(newest_first, like->manifest);
}

bool is_lowest_of_its_set(const std::vector<Checkpoint>& newest_first,
                          const Checkpoint& checkpoint) {
  return lowest_like(newest_first, checkpoint.manifest) == &checkpoint;
}

std::vector<std::string> describe_other_set(const std::vector<Checkpoint>& newest_first,
                                            const Json& signature, const Json& validation_set) {
  const Checkpoint* like = newest_measured(newest_first, signature);
  if (like == nullptr || validation_set.is_null()) {
    return {};
  }
  const Json& set = known(like->manifest.validation_loss).set;
  if (is_same_set(set, validation_set)) {
    return {};
  }
  const auto best = lowest_like(newest_first, like->manifest)->path.filename().string();
  if (set.is_null()) {
    return {fmt::format(
        "the checkpoints of an earlier version do not say on which validation set their losses "
        "were measured: they are not compared with those to come. From the next validation on "
        "LOWEST_VAL is the best of the new ones; {}, the best so far, stays",
        best)};
  }
  return {fmt::format(
      "the validation set is not the one on which the checkpoints were last measured ({}): the "
      "losses on the two are not compared. From the next validation on LOWEST_VAL is the best on "
      "this one; {}, the best on the other, stays",
      describe_changes(set, validation_set), best)};
}

}  // namespace automodel::checkpoint
