#include "data/limit.h"

#include <algorithm>
#include <utility>

#include "base/error.h"

namespace automodel::data {
namespace {

TokenizedSample truncate(const TokenizedSample& sample, std::int64_t length) {
  TokenizedSample cut;
  cut.notes = sample.notes;
  auto ids = sample.ids.begin();
  auto mask = sample.loss_mask.begin();
  auto role = sample.roles.begin();
  for (const std::int64_t old : sample.document_lengths) {
    const std::int64_t kept = std::min(old, length);
    append_document(cut, {ids, ids + kept}, {mask, mask + kept});
    cut.notes.truncated |= kept < old;
    ids += old;
    mask += old;
    if (!sample.roles.empty()) {
      cut.roles.insert(cut.roles.end(), role, role + kept);
      role += old;
    }
  }
  return cut;
}

}  // namespace

LengthLimit read_limit(Keys& keys) {
  LengthLimit limit;
  limit.seq_length = keys.integer("seq_length", 0);
  limit.truncate = keys.strategy("truncation", "do_not_truncate");
  keys.strategy("padding", "do_not_pad");
  check(limit.seq_length >= 0, ErrorKind::invalid_argument,
        "seq_length must be a positive number of tokens, found {}", limit.seq_length);
  return limit;
}

LengthLimit for_model(LengthLimit limit, const TextContext& context) {
  limit.max_tokens = context.max_tokens;
  limit.allows_too_long = context.allows_too_long;
  limit.allows_untrained = context.allows_untrained;
  return limit;
}

TokenizedSample apply_limit(TokenizedSample sample, const LengthLimit& limit) {
  const bool had_something = num_trained_tokens(sample) > 0;
  const std::int64_t kept = limit.seq_length > 0 ? limit.seq_length : limit.max_tokens;
  if (limit.truncate && kept > 0) {
    sample = truncate(sample, kept);
  }
  const auto longest =
      *std::max_element(sample.document_lengths.begin(), sample.document_lengths.end());
  check(limit.max_tokens <= 0 || limit.allows_too_long || longest <= limit.max_tokens,
        ErrorKind::invalid_argument,
        "the row has {} tokens, more than the {} that the model takes; set truncation: true (and "
        "seq_length) to cut such rows, or leave them out by skip_invalid_samples: true (the check "
        "'too_long')",
        longest, limit.max_tokens);
  check(limit.allows_untrained || num_trained_tokens(sample) > 0, ErrorKind::invalid_argument, "{}",
        had_something ? fmt::format("after truncation to {} tokens nothing learnt is left of the "
                                    "row; raise seq_length (the check 'no_trained_tokens')",
                                    kept)
                      : "no token of the row is learnt (the check 'no_trained_tokens')");
  return sample;
}

}  // namespace automodel::data
