#pragma once
// Token texts and their ids, both ways.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "text/tokenizer/json_node.h"

namespace automodel::text {

/// Larger ids are taken for damage.
inline constexpr std::int64_t kMaxTokenId = (1 << 24) - 1;

/// A map from byte strings to ids that is built once. Strings are kept in one block.
class StringIds {
 public:
  StringIds() { reserve(0); }
  /// Makes room for `count` strings.
  void reserve(std::size_t count);
  /// Returns false, and changes nothing, if the text is there already.
  bool insert(std::string_view text, std::int32_t id);
  std::optional<std::int32_t> find(std::string_view text) const;
  std::size_t size() const { return entries_.size(); }
  /// The string inserted as number `index`.
  std::string_view text(std::size_t index) const { return text_of(entries_[index]); }

 private:
  struct Entry {
    std::uint64_t hash;
    std::size_t begin;
    std::uint32_t size;
    std::int32_t id;
  };
  std::string_view text_of(const Entry& entry) const {
    return std::string_view(bytes_).substr(entry.begin, entry.size);
  }
  std::size_t slot_of(std::string_view text, std::uint64_t hash) const;

  std::string bytes_;
  std::vector<Entry> entries_;
  std::vector<std::uint32_t> slots_;  // index into entries_ + 1, 0: free; a power of two of them
};

/// The vocabulary of a model. Immutable.
class Vocabulary {
 public:
  struct Item {
    std::string_view token;
    std::int32_t id;
  };
  Vocabulary() = default;
  /// Throws Error(corrupt_data), naming `where`, if two tokens share an id or a token is there
  /// twice.
  Vocabulary(const std::vector<Item>& items, std::string_view where);
  /// Reads {"token": id, ...}.
  static Vocabulary from_json(const JsonNode& node);

  std::optional<std::int32_t> id(std::string_view token) const { return ids_.find(token); }
  /// The text of a token; nothing for ids outside the vocabulary.
  std::optional<std::string_view> token(std::int32_t id) const;
  std::size_t size() const { return ids_.size(); }
  /// The largest id + 1.
  std::int32_t id_limit() const { return static_cast<std::int32_t>(entry_of_id_.size()); }
  /// {"token": id, ...} in the order of ids.
  Json to_json() const;

 private:
  StringIds ids_;
  std::vector<std::int32_t> entry_of_id_;  // its number in ids_; -1 for ids that are not in use
};

/// A hash of a byte string, for tables in memory only.
std::uint64_t hash_bytes(std::string_view text);

}  // namespace automodel::text
