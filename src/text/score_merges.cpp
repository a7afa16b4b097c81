#include "text/score_merges.h"

#include <algorithm>
#include <string_view>
#include <tuple>
#include <unordered_map>

#include "text/unicode.h"

namespace automodel::text {
namespace {

/// A pair of tokens that makes a third one.
struct Pair {
  std::size_t token;        // the one it makes
  std::size_t split;        // bytes of the left part
  std::size_t left_length;  // in characters
  std::size_t left, right;  // their ids
};

using Ids = std::unordered_map<std::string_view, std::size_t>;

std::vector<Pair> pairs_of(std::string_view token, std::size_t id, const Ids& ids) {
  std::vector<Pair> pairs;
  std::size_t length = 1;
  for (std::size_t at = token.empty() ? 0 : decode_at(token, 0).size; at < token.size(); ++length) {
    const auto left = ids.find(token.substr(0, at));
    const auto right = ids.find(token.substr(at));
    if (left != ids.end() && right != ids.end()) {
      pairs.push_back({id, at, length, left->second, right->second});
    }
    at += decode_at(token, at).size;
  }
  std::sort(pairs.begin(), pairs.end(), [](const Pair& a, const Pair& b) {
    return std::tie(a.left, a.right) < std::tie(b.left, b.right);
  });
  return pairs;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> merges_from_scores(
    std::span<const std::string> tokens, std::span<const double> scores) {
  Ids ids;
  ids.reserve(tokens.size());
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    ids.emplace(tokens[i], i);
  }
  std::vector<Pair> all;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const std::vector<Pair> pairs = pairs_of(tokens[i], i, ids);
    all.insert(all.end(), pairs.begin(), pairs.end());
  }
  const auto right_length = [&](const Pair& pair) {
    return count_characters(std::string_view(tokens[pair.token]).substr(pair.split));
  };
  std::stable_sort(all.begin(), all.end(), [&](const Pair& a, const Pair& b) {
    if (scores[a.token] != scores[b.token]) {
      return scores[a.token] > scores[b.token];
    }
    return a.left_length != b.left_length ? a.left_length > b.left_length
                                          : right_length(a) > right_length(b);
  });
  std::vector<std::pair<std::string, std::string>> merges;
  merges.reserve(all.size());
  for (const Pair& pair : all) {
    merges.emplace_back(tokens[pair.token].substr(0, pair.split),
                        tokens[pair.token].substr(pair.split));
  }
  return merges;
}

}  // namespace automodel::text
