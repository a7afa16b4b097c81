#include "text/tokenizer/token_trie.h"

#include <algorithm>
#include <utility>

namespace automodel::text {
namespace {

using Entries = std::vector<TokenTrie::Entry>;

/// A node still to be built: the sorted entries [begin, end) share the first `depth` bytes.
struct Pending {
  std::uint32_t node;
  std::size_t begin;
  std::size_t end;
  std::size_t depth;
};

unsigned char byte_of(const TokenTrie::Entry& entry, std::size_t depth) {
  return static_cast<unsigned char>(entry.text[depth]);
}

}  // namespace

TokenTrie::TokenTrie(std::span<const Entry> entries) : nodes_(1) {
  Entries sorted(entries.begin(), entries.end());
  std::ranges::stable_sort(sorted, {}, &Entry::text);
  std::vector<Pending> queue{{0, 0, sorted.size(), 0}};
  for (std::size_t next = 0; next < queue.size(); ++next) {
    Pending range = queue[next];
    if (range.begin < range.end && sorted[range.begin].text.size() == range.depth) {
      nodes_[range.node].value = sorted[range.begin].value;
      while (range.begin < range.end && sorted[range.begin].text.size() == range.depth) {
        ++range.begin;
      }
    }
    nodes_[range.node].edges = static_cast<std::uint32_t>(edges_.size());
    while (range.begin < range.end) {
      const unsigned char byte = byte_of(sorted[range.begin], range.depth);
      std::size_t end = range.begin;
      while (end < range.end && byte_of(sorted[end], range.depth) == byte) {
        ++end;
      }
      const auto node = static_cast<std::uint32_t>(nodes_.size());
      nodes_.emplace_back();
      edges_.push_back({byte, node});
      ++nodes_[range.node].num_edges;
      queue.push_back({node, range.begin, end, range.depth + 1});
      range.begin = end;
    }
  }
  for (std::size_t i = 0; i < nodes_[0].num_edges; ++i) {
    roots_[edges_[i].byte] = edges_[i].node;
  }
}

std::uint32_t TokenTrie::child(std::uint32_t node, unsigned char byte) const {
  if (node == 0) {
    return roots_[byte];
  }
  const auto begin = edges_.begin() + nodes_[node].edges;
  const auto end = begin + nodes_[node].num_edges;
  const auto edge =
      std::lower_bound(begin, end, byte, [](const Edge& e, unsigned char b) { return e.byte < b; });
  return edge != end && edge->byte == byte ? edge->node : 0;
}

std::optional<TokenTrie::Match> TokenTrie::longest(std::string_view text, std::size_t at) const {
  std::optional<Match> best;
  for_each_prefix(text, at,
                  [&](std::size_t size, std::int32_t value) { best = Match{size, value}; });
  return best;
}

std::optional<TokenTrie::Match> TokenTrie::next(std::string_view text, std::size_t& at) const {
  for (; at < text.size(); ++at) {
    if (starts_with(static_cast<unsigned char>(text[at]))) {
      if (const auto match = longest(text, at)) {
        return match;
      }
    }
  }
  return std::nullopt;
}

}  // namespace automodel::text
