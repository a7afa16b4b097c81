#include "text/tokenizer/word_cache.h"

#include "text/tokenizer/vocabulary.h"

namespace automodel::text {
namespace {

constexpr std::size_t kNumSlots = 1 << 16;
constexpr std::size_t kMaxUsed = kNumSlots / 2;

}  // namespace

std::size_t WordCache::slot_of(std::string_view word, std::uint64_t hash) const {
  std::size_t at = hash % kNumSlots;
  while (slots_[at].size != 0) {
    const Slot& slot = slots_[at];
    if (slot.hash == hash && std::string_view(words_).substr(slot.word, slot.size) == word) {
      break;
    }
    at = (at + 1) % kNumSlots;
  }
  return at;
}

std::optional<std::span<const PieceToken>> WordCache::find(std::string_view word) const {
  if (slots_.empty() || word.empty() || word.size() > kMaxWordBytes) {
    return std::nullopt;
  }
  const Slot& slot = slots_[slot_of(word, hash_bytes(word))];
  if (slot.size == 0) {
    return std::nullopt;
  }
  return std::span(tokens_).subspan(slot.tokens, slot.num_tokens);
}

void WordCache::put(std::string_view word, std::span<const PieceToken> tokens) {
  if (word.empty() || word.size() > kMaxWordBytes) {
    return;
  }
  if (slots_.empty() || num_used_ == kMaxUsed) {
    slots_.assign(kNumSlots, Slot());
    words_.clear();
    tokens_.clear();
    num_used_ = 0;
  }
  const std::uint64_t hash = hash_bytes(word);
  Slot& slot = slots_[slot_of(word, hash)];
  if (slot.size != 0) {
    return;
  }
  slot = {hash, static_cast<std::uint32_t>(words_.size()),
          static_cast<std::uint32_t>(tokens_.size()), static_cast<std::uint16_t>(word.size()),
          static_cast<std::uint16_t>(tokens.size())};
  words_ += word;
  tokens_.insert(tokens_.end(), tokens.begin(), tokens.end());
  ++num_used_;
}

}  // namespace automodel::text
