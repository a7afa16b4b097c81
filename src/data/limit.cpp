#include "data/limit.h"

#include <algorithm>
#include <utility>

#include "base/error.h"

namespace automodel::data {
namespace {

/// Appends tokens [begin, end) of `from` to the document that `to` ends in.
void append(TokenizedSample& to, const TokenizedSample& from, std::int64_t begin,
            std::int64_t end) {
  to.ids.insert(to.ids.end(), from.ids.begin() + begin, from.ids.begin() + end);
  to.loss_mask.insert(to.loss_mask.end(), from.loss_mask.begin() + begin,
                      from.loss_mask.begin() + end);
  if (!from.roles.empty()) {
    to.roles.insert(to.roles.end(), from.roles.begin() + begin, from.roles.begin() + end);
  }
}

/// Of a document's `old` tokens from `begin` on `kept` stay; how many of these stand before the
/// gap.
std::int64_t num_kept_before_gap(const TokenizedSample& sample, std::int64_t begin,
                                 std::int64_t old, std::int64_t kept, const LengthLimit& limit) {
  const auto stays = [&](std::int64_t t, const std::optional<std::int32_t>& id) {
    return kept > 0 && kept < old && sample.ids[static_cast<std::size_t>(t)] == id ? 1 : 0;
  };
  return limit.cuts_beginning ? stays(begin, limit.bos_id)
                              : kept - stays(begin + old - 1, limit.eos_id);
}

TokenizedSample truncate(const TokenizedSample& sample, std::int64_t length,
                         const LengthLimit& limit) {
  TokenizedSample cut;
  cut.notes = sample.notes;
  std::int64_t begin = 0;
  for (const std::int64_t old : sample.document_lengths) {
    const std::int64_t kept = std::min(old, length);
    const std::int64_t first = num_kept_before_gap(sample, begin, old, kept, limit);
    append(cut, sample, begin, begin + first);
    append(cut, sample, begin + old - (kept - first), begin + old);
    cut.document_lengths.push_back(kept);
    cut.notes.truncated |= kept < old;
    begin += old;
  }
  return cut;
}

bool has_learnt(const TokenizedSample& sample, std::int64_t begin, std::int64_t length) {
  const auto mask = sample.loss_mask.begin() + begin;
  const auto second = mask + std::min<std::int64_t>(length, 1);  // the first is not predicted
  return std::find(second, mask + length, 1) != mask + length;
}

/// `cut` without the documents of which something was learnt in `whole` and nothing is now, unless
/// nothing learnt would be left at all.
TokenizedSample without_lost(const TokenizedSample& cut, const TokenizedSample& whole) {
  TokenizedSample out;
  out.notes = cut.notes;
  std::int64_t begin = 0;
  std::int64_t old_begin = 0;
  for (std::size_t d = 0; d < cut.document_lengths.size(); ++d) {
    const std::int64_t length = cut.document_lengths[d];
    const std::int64_t old_length = whole.document_lengths[d];
    if (has_learnt(cut, begin, length) || !has_learnt(whole, old_begin, old_length)) {
      append(out, cut, begin, begin + length);
      out.document_lengths.push_back(length);
    }
    begin += length;
    old_begin += old_length;
  }
  return num_trained_tokens(out) > 0 ? out : cut;
}

}  // namespace

std::int64_t lesser_limit(std::int64_t one, std::int64_t other) {
  return one == 0 || other == 0 ? std::max(one, other) : std::min(one, other);
}

LengthLimit read_limit(Keys& keys) {
  LengthLimit limit;
  limit.seq_length = keys.integer("seq_length", 0);
  limit.truncate = keys.truncation();
  keys.padding();
  check(limit.seq_length >= 0, ErrorKind::invalid_argument,
        "seq_length must be a positive number of tokens, found {}", limit.seq_length);
  return limit;
}

LengthLimit for_model(LengthLimit limit, const TextContext& context) {
  limit.max_tokens = context.max_tokens;
  limit.allows_too_long = context.allows_too_long;
  limit.allows_untrained = context.allows_untrained;
  limit.cuts_beginning = context.cuts_beginning;
  limit.bos_id = context.bos_id;
  return limit;
}

TokenizedSample apply_limit(TokenizedSample sample, const LengthLimit& limit) {
  const bool had_something = num_trained_tokens(sample) > 0;
  const std::int64_t kept = limit.seq_length > 0 ? limit.seq_length : limit.max_tokens;
  if (limit.truncate && kept > 0) {
    sample = without_lost(truncate(sample, kept, limit), sample);
  }
  const auto longest =
      *std::max_element(sample.document_lengths.begin(), sample.document_lengths.end());
  sample.notes.not_truncated =
      !limit.truncate && limit.seq_length > 0 && longest > limit.seq_length;
  check(limit.max_tokens <= 0 || limit.allows_too_long || longest <= limit.max_tokens,
        ErrorKind::invalid_argument,
        "the row has {} tokens, more than the {} that the model takes (the lesser of config.json's "
        "limit and the tokenizer's model_max_length); set truncation: true (and seq_length) to cut "
        "such rows, leave them out by skip_invalid_samples: true, or learn texts whole, in parts, "
        "by packed_sequence: {{packed_sequence_size: N, long_samples: split}} (the check "
        "'too_long')",
        longest, limit.max_tokens);
  check(limit.allows_untrained || num_trained_tokens(sample) > 0, ErrorKind::invalid_argument, "{}",
        had_something ? fmt::format("after truncation to {} tokens nothing learnt is left of the "
                                    "row; raise seq_length (the check 'no_trained_tokens')",
                                    kept)
                      : "no token of the row is learnt (the check 'no_trained_tokens')");
  return sample;
}

std::unique_ptr<const Dataset> make_limited_dataset(std::shared_ptr<const RowSource> rows,
                                                    RowFormat format, const LengthLimit& limit,
                                                    std::shared_ptr<const TextContext> context) {
  auto limited = [format = std::move(format), limit = for_model(limit, *context)](const Json& row) {
    return apply_limit(format(row), limit);
  };
  return make_row_dataset(std::move(rows), std::move(limited), std::move(context));
}

}  // namespace automodel::data
