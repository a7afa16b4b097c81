#pragma once
// A tokenized data set on disk, memory-mapped: rows are encoded once, and need not fit into memory.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>

#include "base/file.h"
#include "data/dataset.h"
#include "data/row_chunks.h"

namespace automodel::data {

/// Tokens [begin, end) of a store, which are one document of a row.
struct StoredDocument {
  std::int64_t row = 0;
  std::int64_t begin = 0, end = 0;
  bool operator==(const StoredDocument&) const = default;
};

/// All documents of a data set. The file holds, little-endian: 8 bytes "AMTOKEN3"; a word of 32
/// bits for each token, its id and in the highest bit whether it is learnt; 64-bit ends of the
/// documents in tokens; 64-bit ends of the rows in documents; 16 bits of notes for each row; and 40
/// bytes: the three counts, a checksum of all that, "AMTOKEN3".
class TokenStore : public Dataset {
 public:
  /// Encodes every row of `source` on `num_threads` threads and writes `path`, which appears when
  /// it is complete. Throws what a row of it or `on_rows` throws, Error(io).
  static void write(const Dataset& source, const std::filesystem::path& path, int num_threads,
                    const OnRows& on_rows = {});

  /// `source` names the places of rows. Throws Error(not_found | io), Error(corrupt_data) if the
  /// file is damaged or of another number of rows.
  TokenStore(const std::filesystem::path& path, std::shared_ptr<const Dataset> source);

  std::int64_t size() const override { return static_cast<std::int64_t>(row_ends_.size()); }
  TokenizedSample sample(std::int64_t index) const override;
  std::string location(std::int64_t index) const override { return source_->location(index); }
  std::uint64_t content_hash() const override { return source_->content_hash(); }

  std::int64_t num_tokens() const { return static_cast<std::int64_t>(tokens_.size()); }
  std::int64_t num_documents() const { return static_cast<std::int64_t>(document_ends_.size()); }
  /// In the order of the rows.
  std::vector<StoredDocument> documents() const;
  /// Tokens of each row.
  std::vector<std::int64_t> row_lengths() const;
  SampleNotes notes(std::int64_t row) const;
  /// Whether one of the tokens [begin, end) of the store is learnt.
  bool learns(std::int64_t begin, std::int64_t end) const;
  /// Appends tokens [begin, end) of the store as one document.
  void append(TokenizedSample& sample, std::int64_t begin, std::int64_t end) const;

 private:
  std::int64_t document_begin(std::int64_t row) const;
  std::int64_t token_begin(std::int64_t document) const;
  void check_tables() const;

  MappedFile file_;
  std::shared_ptr<const Dataset> source_;
  std::span<const std::uint32_t> tokens_;
  std::span<const std::int64_t> document_ends_, row_ends_;
  std::span<const std::uint16_t> notes_;
};

struct StoreOptions {
  int num_threads = 1;
  /// Of a row in the mean, about, so that a disk that is too small is seen before hours of encoding
  /// rather than after them; 0: unknown.
  std::int64_t row_tokens = 0;
  OnRows on_rows = {};
};

/// The store of `source` in the cache folder "tokens": opened if it was made before of the same
/// rows by the same tokenizer, keys and build of this program, else written. `keys` is the hash of
/// what else decides on the tokens. What killed processes left there is removed. Throws as
/// TokenStore and its write(), Error(io) if the disk has too little room.
std::shared_ptr<const TokenStore> open_token_store(std::shared_ptr<const Dataset> source,
                                                   std::uint64_t keys,
                                                   const StoreOptions& options = {});

}  // namespace automodel::data
