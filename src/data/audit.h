#pragma once
// What can be counted on tokenized rows beyond the checks: whose tokens are learnt, how documents
// begin and end, what is there twice.

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "data/sample.h"
#include "data/text_context.h"

namespace automodel::data {

struct RoleTokens {
  std::int64_t tokens = 0, learnt = 0;
  bool operator==(const RoleTokens&) const = default;
};

/// Of one row or of many.
struct Audit {
  std::int64_t num_documents = 0, num_tokens = 0;
  /// Documents that begin with the tokenizer's BOS token, that end in a token which ends an answer,
  /// and that learn that one.
  std::int64_t begin_with_bos = 0, end_in_eos = 0, learn_eos = 0;
  /// Rows cut to their maximum length.
  std::int64_t num_truncated = 0;
  /// In the order of Role.
  std::array<RoleTokens, kRoleNames.size()> roles = {};

  void add(const Audit& other);
  bool operator==(const Audit&) const = default;
};

/// `eos_ids`: what ends an answer beside the tokenizer's eos_token.
Audit audit_row(const TokenizedSample& sample, const TextContext& context,
                std::span<const std::int32_t> eos_ids);

/// The same number for rows of the same tokens.
std::uint64_t hash_of_tokens(const TokenizedSample& sample);

/// Rows of the same tokens as one before.
struct Duplicates {
  std::int64_t num_rows = 0;
  /// The first of them, and the row that it repeats.
  std::string first, first_of;
  bool operator==(const Duplicates&) const = default;
};

/// Finds rows that are there twice.
class DuplicateFinder {
 public:
  /// `location`: of the row number `index`; called for the first duplicate only.
  template <typename Location>
  void add(std::uint64_t hash, std::int64_t index, const Location& location) {
    const auto [seen, is_new] = rows_.try_emplace(hash, index);
    if (!is_new && ++found_.num_rows == 1) {
      found_.first = location(index);
      found_.first_of = location(seen->second);
    }
  }
  const Duplicates& found() const { return found_; }

 private:
  std::unordered_map<std::uint64_t, std::int64_t> rows_;
  Duplicates found_;
};

}  // namespace automodel::data
