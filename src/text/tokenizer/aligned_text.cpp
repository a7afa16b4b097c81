#include "text/tokenizer/aligned_text.h"

#include <algorithm>
#include <utility>

#include "text/unicode.h"

namespace automodel::text {
namespace {

/// Steps over `count` characters of `text` from byte `at`, at most to its end.
std::size_t skip_characters(std::string_view text, std::size_t at, std::size_t count) {
  while (count-- > 0 && at < text.size()) {
    at += decode_at(text, at).size;
  }
  return at;
}

}  // namespace

AlignedText::AlignedText(std::string_view input, Span section)
    : section_(input.substr(section.begin, section.end - section.begin)),
      shift_(static_cast<std::uint32_t>(section.begin)) {}

Origin AlignedText::origin_of_byte(std::size_t at) const {
  if (changed_) {
    return origins_[at];
  }
  while (is_continuation(section_[at])) {
    --at;
  }
  const auto begin = shift_ + static_cast<std::uint32_t>(at);
  return {begin, begin + decode_at(section_, at).size};
}

Origin AlignedText::origin(Span range) const {
  if (range.begin >= range.end) {
    const auto at = shift_ + static_cast<std::uint32_t>(range.begin);
    return {at, at};
  }
  return {origin_of_byte(range.begin).begin, origin_of_byte(range.end - 1).end};
}

std::vector<Origin> AlignedText::origins() const {
  if (changed_) {
    return origins_;
  }
  std::vector<Origin> result;
  result.reserve(section_.size());
  for (std::size_t at = 0; at < section_.size();) {
    const std::uint32_t size = decode_at(section_, at).size;
    const auto begin = shift_ + static_cast<std::uint32_t>(at);
    result.insert(result.end(), size, Origin{begin, begin + size});
    at += size;
  }
  return result;
}

void AlignedText::assign(std::string text, std::vector<Origin> origins) {
  text_ = std::move(text);
  origins_ = std::move(origins);
  changed_ = true;
}

void AlignedText::transform(std::span<const Edit> edits, std::size_t num_dropped) {
  const std::string_view old = view();
  if (old.empty()) {
    return;
  }
  std::string text;
  std::vector<Origin> origins;
  text.reserve(old.size());
  origins.reserve(old.size());
  std::size_t at = skip_characters(old, 0, num_dropped);
  for (const Edit& edit : edits) {
    Origin origin{shift_, shift_};
    if (edit.change > 0) {
      origin = at > 0 ? origin_of_byte(at - 1) : origin;
    } else {
      origin = origin_of_byte(std::min(at, old.size() - 1));
      at = skip_characters(old, at, 1 + static_cast<std::size_t>(-edit.change));
    }
    const std::string bytes = to_utf8(edit.character);
    text += bytes;
    origins.insert(origins.end(), bytes.size(), origin);
  }
  assign(std::move(text), std::move(origins));
}

void AlignedText::replace(std::span<const Span> matches, std::string_view content) {
  if (matches.empty()) {
    return;
  }
  const std::string_view old = view();
  std::string text;
  std::vector<Origin> origins;
  text.reserve(old.size() + matches.size() * content.size());
  origins.reserve(text.capacity());
  std::size_t done = 0;
  const auto copy_until = [&](std::size_t end) {
    text += old.substr(done, end - done);
    for (; done < end; ++done) {
      origins.push_back(origin_of_byte(done));
    }
  };
  for (const Span& match : matches) {
    copy_until(match.begin);
    text += content;
    const Origin origin = match.end > 0 ? origin_of_byte(match.end - 1) : Origin{shift_, shift_};
    origins.insert(origins.end(), content.size(), origin);
    done = match.end;
  }
  copy_until(old.size());
  assign(std::move(text), std::move(origins));
}

void AlignedText::prepend(std::string_view prefix) {
  if (empty() || prefix.empty()) {
    return;
  }
  std::vector<Origin> changed(prefix.size(), origin_of_byte(0));
  const std::vector<Origin> old = origins();
  changed.insert(changed.end(), old.begin(), old.end());
  std::string text(prefix);
  text += view();
  assign(std::move(text), std::move(changed));
}

}  // namespace automodel::text
