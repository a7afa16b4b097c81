#pragma once
// A data set of packs: rows of fixed size that hold whole documents of another data set.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "data/pack.h"
#include "data/token_store.h"

namespace automodel::data {

/// What becomes of a document that is longer than a pack.
enum class LongDocuments {
  /// It is an error.
  refuse,
  /// It is left out, with a count.
  drop,
  /// It is cut into documents of its own. Each begins with the last token of the one before, so
  /// that every learnt token stays learnt, once. Those with nothing to learn are left out.
  split,
};

struct PackOptions {
  /// Tokens of a pack.
  std::int64_t capacity = 0;
  PackOrder order = PackOrder::in_order;
  LongDocuments long_documents = LongDocuments::refuse;
  /// The first packs only.
  std::optional<std::int64_t> max_packs;
  /// Documents are packed in a shuffled order; otherwise in that of the rows.
  std::optional<std::uint64_t> shuffle_seed;
  /// The batch will drop each document's last token (CollateOptions), which then takes no room.
  bool drop_last_token = false;
  bool operator==(const PackOptions&) const = default;
};

struct PackStats {
  std::int64_t num_packs = 0, num_documents = 0;
  /// Documents in packs beyond max_packs, which are left out.
  std::int64_t num_beyond = 0;
  /// Documents longer than a pack that were left out, or cut.
  std::int64_t num_dropped = 0, num_split = 0;
  /// Parts of cut documents that were left out since nothing of them is learnt.
  std::int64_t num_unlearnt_parts = 0;
  /// Share of the packs' room that is used.
  double fill = 0;
  bool operator==(const PackStats&) const = default;
};

/// Sample i is pack i: its documents keep their bounds, so that they do not see each other and
/// their positions start at 0.
class PackedDataset : public Dataset {
 public:
  /// Throws Error(invalid_argument) that names the row of the first document that is too long, if
  /// such are refused, or if no pack is left.
  PackedDataset(std::shared_ptr<const TokenStore> rows, const PackOptions& options);

  std::int64_t size() const override { return packs_.size(); }
  TokenizedSample sample(std::int64_t index) const override;
  /// The row of the pack's first document, and how many follow.
  std::string location(std::int64_t index) const override;
  std::string document_location(std::int64_t index, std::int64_t document) const override;
  std::uint64_t content_hash() const override;
  const PackStats& stats() const { return stats_; }

 private:
  std::vector<StoredDocument> pieces(const PackOptions& options);
  void add_learnt_parts(std::vector<StoredDocument>& out, const StoredDocument& document,
                        const PackOptions& options);

  std::shared_ptr<const TokenStore> rows_;
  std::vector<StoredDocument> pieces_;
  Packs packs_;
  PackStats stats_;
};

/// "124 packs of 2048 tokens hold 1,024 documents, filled to 99.4 %", and what was left out or cut.
std::string describe_packs(const PackStats& stats, const PackOptions& options);

}  // namespace automodel::data
