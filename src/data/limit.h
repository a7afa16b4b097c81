#pragma once
// How long a sample may be.

#include <cstdint>
#include <memory>
#include <optional>

#include "data/dataset.h"
#include "data/keys.h"
#include "data/sample.h"
#include "data/text_context.h"

namespace automodel::data {

struct LengthLimit {
  /// Cuts documents at their end to seq_length tokens, or max_tokens if that is 0. Otherwise
  /// seq_length only marks longer ones, as Hugging Face's tokenizers leave them whole.
  bool truncate = false;
  /// Cuts them at their beginning instead, behind a first token `bos_id`.
  bool cuts_beginning = false;
  std::optional<std::int32_t> bos_id;
  /// Where documents lose their end, a last token `eos_id` stays: Hugging Face's tokenizers put it
  /// behind the text that they have cut.
  std::optional<std::int32_t> eos_id;
  std::int64_t seq_length = 0;
  /// Tokens of one document that the model can take; 0: unknown.
  std::int64_t max_tokens = 0;
  /// Longer documents, and rows of which nothing is learnt, are given out all the same.
  bool allows_too_long = false, allows_untrained = false;
  bool operator==(const LengthLimit&) const = default;
};

/// The lesser of two limits of which 0 says nothing.
std::int64_t lesser_limit(std::int64_t one, std::int64_t other);

/// The keys "seq_length", "truncation" and "padding" (which has no effect: batches have none).
LengthLimit read_limit(Keys& keys);

/// `limit` with what `context` says of the model.
LengthLimit for_model(LengthLimit limit, const TextContext& context);

/// Throws Error(invalid_argument) that says what to do if a document is longer than the model's
/// limit, or if nothing learnt is left after truncation, or if there never was anything.
TokenizedSample apply_limit(TokenizedSample sample, const LengthLimit& limit);

/// make_row_dataset() with for_model(limit) applied to each row.
std::unique_ptr<const Dataset> make_limited_dataset(std::shared_ptr<const RowSource> rows,
                                                    RowFormat format, const LengthLimit& limit,
                                                    std::shared_ptr<const TextContext> context);

}  // namespace automodel::data
