#include "text/tokenizer/vocabulary.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/error.h"
#include "text/unicode.h"

namespace automodel::text {
namespace {

std::uint64_t mix(std::uint64_t value) {
  value *= 0x9E3779B97F4A7C15U;
  return value ^ (value >> 32);
}

}  // namespace

std::uint64_t hash_bytes(std::string_view text) {
  std::uint64_t hash = mix(text.size() + 1);
  while (text.size() >= sizeof(hash)) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data(), sizeof(word));
    hash = mix(hash ^ word);
    text.remove_prefix(sizeof(word));
  }
  std::uint64_t tail = 0;
  std::memcpy(&tail, text.data(), text.size());
  return mix(hash ^ tail);
}

void StringIds::reserve(std::size_t count) {
  const std::size_t wanted = std::bit_ceil(std::max<std::size_t>(count * 2, 16));
  slots_.assign(std::max(wanted, slots_.size()), 0);
  for (std::uint32_t i = 0; i < entries_.size(); ++i) {
    slots_[slot_of(text_of(entries_[i]), entries_[i].hash)] = i + 1;
  }
}

std::size_t StringIds::slot_of(std::string_view text, std::uint64_t hash) const {
  std::size_t slot = hash & (slots_.size() - 1);
  while (slots_[slot] != 0) {
    const Entry& entry = entries_[slots_[slot] - 1];
    if (entry.hash == hash && text_of(entry) == text) {
      break;
    }
    slot = (slot + 1) & (slots_.size() - 1);
  }
  return slot;
}

bool StringIds::insert(std::string_view text, std::int32_t id) {
  if (entries_.size() * 2 >= slots_.size()) {
    reserve(entries_.size() * 2);
  }
  const std::uint64_t hash = hash_bytes(text);
  const std::size_t slot = slot_of(text, hash);
  if (slots_[slot] != 0) {
    return false;
  }
  entries_.push_back({hash, bytes_.size(), static_cast<std::uint32_t>(text.size()), id});
  bytes_ += text;
  slots_[slot] = static_cast<std::uint32_t>(entries_.size());
  return true;
}

std::optional<std::int32_t> StringIds::find(std::string_view text) const {
  const std::uint32_t entry = slots_[slot_of(text, hash_bytes(text))];
  return entry == 0 ? std::nullopt : std::optional(entries_[entry - 1].id);
}

Vocabulary::Vocabulary(const std::vector<Item>& items, std::string_view where) {
  std::int32_t limit = 0;
  for (const Item& item : items) {
    check(item.id >= 0 && item.id <= kMaxTokenId, ErrorKind::corrupt_data,
          "{}: the id {} of token '{}' is not between 0 and {}", where, item.id, item.token,
          kMaxTokenId);
    limit = std::max(limit, item.id + 1);
  }
  entry_of_id_.assign(static_cast<std::size_t>(limit), -1);
  ids_.reserve(items.size());
  for (const Item& item : items) {
    const auto id = static_cast<std::size_t>(item.id);
    check(entry_of_id_[id] < 0, ErrorKind::corrupt_data,
          "{}: id {} belongs to two tokens, '{}' is one of them", where, item.id, item.token);
    check(!find_invalid_utf8(item.token), ErrorKind::corrupt_data,
          "{}: token {} is not valid UTF-8", where, item.id);
    check(ids_.insert(item.token, item.id), ErrorKind::corrupt_data,
          "{}: token '{}' is there twice", where, item.token);
    entry_of_id_[id] = static_cast<std::int32_t>(ids_.size() - 1);
  }
}

Vocabulary Vocabulary::from_json(const JsonNode& node) {
  if (!node.is_object()) {
    node.wrong("an object of tokens and their ids");
  }
  std::vector<Item> items;
  items.reserve(node.value().size());
  for (const auto& [token, id] : node.value().items()) {
    if (!id.is_number_integer()) {
      JsonNode(id, fmt::format("{}['{}']", node.path(), token)).wrong("an id");
    }
    items.push_back({token, static_cast<std::int32_t>(std::clamp<std::int64_t>(
                                id.template get<std::int64_t>(), -1, kMaxTokenId + 1))});
  }
  return {items, node.path()};
}

std::optional<std::string_view> Vocabulary::token(std::int32_t id) const {
  if (id < 0 || id >= id_limit() || entry_of_id_[static_cast<std::size_t>(id)] < 0) {
    return std::nullopt;
  }
  return ids_.text(static_cast<std::size_t>(entry_of_id_[static_cast<std::size_t>(id)]));
}

Json Vocabulary::to_json() const {
  Json object = Json::object();
  auto& members = static_cast<Json::object_t::Container&>(object.get_ref<Json::object_t&>());
  for (std::int32_t i = 0; i < id_limit(); ++i) {
    if (const auto text = token(i)) {
      members.emplace_back(std::string(*text), i);  // without the linear search of operator[]
    }
  }
  return object;
}

}  // namespace automodel::text
