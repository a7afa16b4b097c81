#include "text/tokenizer/length_settings.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "text/tokenizer/vocabulary.h"

namespace automodel::text {
namespace {

constexpr std::int64_t kMaxLength = std::int64_t{1} << 31;

TextEnd read_direction(const JsonNode& node) {
  static constexpr auto kNames = std::to_array<std::string_view>({"Left", "Right"});
  const auto direction = node.find("direction");
  return direction ? static_cast<TextEnd>(direction->choice(kNames)) : TextEnd::right;
}

std::size_t read_length(const JsonNode& node) {
  return static_cast<std::size_t>(node.integer(kMaxLength));
}

Truncation read_truncation(const JsonNode& node) {
  static constexpr auto kStrategies =
      std::to_array<std::string_view>({"LongestFirst", "OnlyFirst"});  // the same for one text
  node.at("strategy").choice(kStrategies);
  return {.max_length = read_length(node.at("max_length")),
          .stride = read_length(node.at("stride")),
          .direction = read_direction(node)};
}

/// "BatchLongest" or {"Fixed": 128}
std::optional<std::size_t> read_strategy(const JsonNode& node) {
  if (node.is_object()) {
    return read_length(node.at("Fixed"));
  }
  static constexpr auto kNames = std::to_array<std::string_view>({"BatchLongest"});
  node.choice(kNames);
  return std::nullopt;
}

Padding read_padding(const JsonNode& node) {
  const auto multiple = node.find("pad_to_multiple_of");
  node.at("pad_token").string();
  return {.length = read_strategy(node.at("strategy")),
          .multiple_of = std::max<std::size_t>(multiple ? read_length(*multiple) : 1, 1),
          .direction = read_direction(node),
          .token = static_cast<std::int32_t>(node.at("pad_id").integer(kMaxTokenId))};
}

/// Keeps `count` entries at the end that is not cut.
template <typename T>
void keep(std::vector<T>& list, std::size_t count, TextEnd cut) {
  if (cut == TextEnd::right) {
    list.resize(count);
  } else {
    list.erase(list.begin(), list.end() - static_cast<std::ptrdiff_t>(count));
  }
}

}  // namespace

LengthSettings read_length_settings(const JsonNode& node) {
  const auto truncation = node.find("truncation");
  const auto padding = node.find("padding");
  return {truncation ? std::optional(read_truncation(*truncation)) : std::nullopt,
          padding ? std::optional(read_padding(*padding)) : std::nullopt};
}

void truncate(Encoding& encoding, const Truncation& truncation, std::size_t num_added) {
  check(truncation.max_length >= num_added, ErrorKind::invalid_argument,
        "the tokenizer's truncation to {} tokens leaves no room for the {} special tokens that it "
        "adds",
        truncation.max_length, num_added);
  const std::size_t count = truncation.max_length - num_added;
  if (encoding.ids.size() <= count) {
    return;
  }
  check(count == 0 || truncation.stride < count, ErrorKind::invalid_argument,
        "the stride {} of the tokenizer's truncation must be below the {} tokens that are kept of "
        "a text",
        truncation.stride, count);
  keep(encoding.ids, count, truncation.direction);
  keep(encoding.offsets, count, truncation.direction);
}

std::size_t padded_length(const Padding& padding, std::size_t longest) {
  const std::size_t length = padding.length.value_or(longest);
  return (length + padding.multiple_of - 1) / padding.multiple_of * padding.multiple_of;
}

void pad(Encoding& encoding, const Padding& padding, std::size_t length) {
  if (encoding.ids.size() >= length) {
    return;
  }
  const std::size_t count = length - encoding.ids.size();
  const bool left = padding.direction == TextEnd::left;
  encoding.ids.insert(left ? encoding.ids.begin() : encoding.ids.end(), count, padding.token);
  encoding.offsets.insert(left ? encoding.offsets.begin() : encoding.offsets.end(), count, {0, 0});
  (left ? encoding.num_left_padding : encoding.num_right_padding) = count;
}

}  // namespace automodel::text
