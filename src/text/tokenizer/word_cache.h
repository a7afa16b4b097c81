#pragma once
// The tokens of words seen before. Text repeats its words, so most of them are tokenized once.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace automodel::text {

/// A token of a piece, with the bytes of the piece that it stands for.
struct PieceToken {
  std::int32_t id;
  std::uint32_t begin;
  std::uint32_t end;
  bool operator==(const PieceToken&) const = default;
};

/// Belongs to one thread. Bounded: when it is full it starts anew.
class WordCache {
 public:
  static constexpr std::size_t kMaxWordBytes = 64;

  /// The tokens put for `word`; the span is valid until the next put().
  std::optional<std::span<const PieceToken>> find(std::string_view word) const;
  /// Remembers the tokens of a word that is not there yet; words longer than kMaxWordBytes are
  /// ignored.
  void put(std::string_view word, std::span<const PieceToken> tokens);

 private:
  struct Slot {
    std::uint64_t hash = 0;
    std::uint32_t word = 0;    // offset in words_
    std::uint32_t tokens = 0;  // offset in tokens_
    std::uint16_t size = 0;    // of the word; 0: free
    std::uint16_t num_tokens = 0;
  };
  std::size_t slot_of(std::string_view word, std::uint64_t hash) const;

  std::vector<Slot> slots_;
  std::string words_;
  std::vector<PieceToken> tokens_;
  std::size_t num_used_ = 0;
};

}  // namespace automodel::text
