#pragma once
// A data set with random access to tokenized rows.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "data/sample.h"
#include "data/source.h"
#include "data/text_context.h"

namespace automodel::data {

/// Rows by number. All functions may be called from several threads at once, and the same index
/// always gives the same sample.
class Dataset {
 public:
  virtual ~Dataset() = default;
  virtual std::int64_t size() const = 0;
  /// Throws Error that names the row's place and the reason if the row cannot be used.
  virtual TokenizedSample sample(std::int64_t index) const = 0;
  /// Where the row comes from, e.g. "train.jsonl:17".
  virtual std::string location(std::int64_t index) const = 0;
  /// Where one of the row's documents comes from; of a pack each is from a row of its own.
  virtual std::string document_location(std::int64_t index,
                                        [[maybe_unused]] std::int64_t document) const {
    return location(index);
  }
  /// The same number for the same rows and tokenizer, wherever the files are. The keys of the
  /// recipe's section are not in it.
  virtual std::uint64_t content_hash() const = 0;
  /// Rows of the files that are not in the data set: malformed ones, or filtered out.
  virtual std::int64_t num_left_out() const { return 0; }
};

/// Makes a sample of a row. Called from several threads at once.
using RowFormat = std::function<TokenizedSample(const Json& row)>;

/// The rows of a source, each through `format`; errors gain the row's place. `context`: what the
/// format encodes by, null if it encodes nothing.
std::unique_ptr<const Dataset> make_row_dataset(std::shared_ptr<const RowSource> rows,
                                                RowFormat format,
                                                std::shared_ptr<const TextContext> context);

/// The rows `indices` of `dataset`, in that order.
std::unique_ptr<const Dataset> select_rows(std::shared_ptr<const Dataset> dataset,
                                           std::vector<std::int64_t> indices);

}  // namespace automodel::data
