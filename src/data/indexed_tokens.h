#pragma once
// Megatron's indexed token files: NAME.bin with the tokens of all documents, NAME.idx with where
// each begins.

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "base/file.h"

namespace automodel::data {

/// Both files, memory-mapped. Nothing that the index says is trusted.
/// Source: Megatron-LM's IndexedDataset, index version 1.
class IndexedTokens {
 public:
  /// `prefix`: the files' common name. Throws Error(not_found | io), Error(corrupt_data) that names
  /// the file, Error(unsupported) for tokens of a type that is no integer, or for an index of
  /// several modes.
  explicit IndexedTokens(const std::string& prefix);

  /// Megatron's "sequences": what is cut into samples.
  std::int64_t size() const { return static_cast<std::int64_t>(lengths_.size()); }
  std::int64_t length(std::int64_t sequence) const {
    return lengths_[static_cast<std::size_t>(sequence)];
  }
  /// Appends tokens [begin, begin + count) of a sequence.
  /// Throws Error(corrupt_data) for a value that is no token id.
  void append(std::vector<std::int32_t>& ids, std::int64_t sequence, std::int64_t begin,
              std::int64_t count) const;
  const std::string& prefix() const { return prefix_; }
  std::uint64_t content_hash() const;

 private:
  void read_index();
  void check_sequences() const;

  std::string prefix_;
  MappedFile index_, tokens_;
  int type_ = 0;  // Megatron's code of the tokens' type
  std::vector<std::int32_t> lengths_;
  std::vector<std::int64_t> pointers_;  // in bytes
};

/// Whether PREFIX.bin and PREFIX.idx are there.
bool is_indexed_prefix(const std::filesystem::path& prefix);

}  // namespace automodel::data
