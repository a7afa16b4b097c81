#pragma once
// A set of byte strings for finding the longest one that starts at a place.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace automodel::text {

class TokenTrie {
 public:
  struct Entry {
    std::string_view text;  // not empty
    std::int32_t value;     // >= 0
  };
  struct Match {
    std::size_t size;
    std::int32_t value;
  };

  TokenTrie() : TokenTrie(std::span<const Entry>()) {}
  /// The texts are copied. Of equal texts the first counts.
  explicit TokenTrie(std::span<const Entry> entries);

  bool empty() const { return nodes_.size() <= 1; }
  /// True if an entry starts with `byte`.
  bool starts_with(unsigned char byte) const { return roots_[byte] != 0; }
  /// The longest entry at byte `at` of `text`.
  std::optional<Match> longest(std::string_view text, std::size_t at) const;
  /// The longest entry at the first place at or after byte `at` that has one; `at` moves there.
  std::optional<Match> next(std::string_view text, std::size_t& at) const;

  /// Calls visit(size, value) for each entry at byte `at` of `text`, shortest first.
  template <typename Visit>
  void for_each_prefix(std::string_view text, std::size_t at, Visit visit) const {
    const std::size_t begin = at;
    std::uint32_t node = 0;
    while (at < text.size()) {
      node = child(node, static_cast<unsigned char>(text[at++]));
      if (node == 0) {
        return;
      }
      if (nodes_[node].value >= 0) {
        visit(at - begin, nodes_[node].value);
      }
    }
  }

 private:
  /// The children of a node are neighbours in edges_, sorted by byte.
  struct Node {
    std::uint32_t edges = 0;
    std::uint16_t num_edges = 0;
    std::int32_t value = -1;
  };
  struct Edge {
    unsigned char byte;
    std::uint32_t node;
  };

  std::uint32_t child(std::uint32_t node, unsigned char byte) const;

  std::vector<Node> nodes_;
  std::vector<Edge> edges_;
  std::array<std::uint32_t, 256> roots_{};  // children of the first node; 0: none
};

}  // namespace automodel::text
