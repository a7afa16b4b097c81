#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/known.h"
#include "text/tokenizer/parts.h"

namespace automodel::text {
namespace {

using Ids = std::vector<std::int32_t>;

std::size_t num_special(const PostProcessor::Parts& parts) {
  return static_cast<std::size_t>(
      std::ranges::count_if(parts, [](const auto& part) { return !part.is_text(); }));
}

/// How many tokens stay of two texts that have so many.
std::array<std::size_t, 2> shared_out(std::array<std::size_t, 2> sizes, std::size_t room) {
  if (sizes[0] + sizes[1] <= room) {
    return sizes;
  }
  const std::size_t longer = sizes[0] > sizes[1] ? 0 : 1;
  std::size_t& more = sizes[longer];
  std::size_t& less = sizes[1 - longer];
  more = less > room ? less : std::max(less, room - less);
  if (less + more > room) {
    less = room / 2;
    more = less + room % 2;
  }
  return sizes;
}

void cut_to(Ids& ids, std::size_t size, bool cuts_beginning) {
  if (cuts_beginning) {
    ids.erase(ids.begin(), ids.end() - static_cast<std::ptrdiff_t>(size));
  } else {
    ids.resize(size);
  }
}

const PostProcessor::Parts& parts_for(const PostProcessor& processor, std::size_t num_texts) {
  if (num_texts == 1) {
    return processor.parts;
  }
  check(num_texts == 2, ErrorKind::internal, "{} texts cannot be one sequence", num_texts);
  check(processor.pair.has_value(), ErrorKind::unsupported,
        "the tokenizer's post-processor adds tokens to two texts in several steps, which is not "
        "supported");
  const auto& pair = known(processor.pair);
  const auto texts = pair.size() - num_special(pair);
  check(texts == 2, ErrorKind::corrupt_data,
        "the tokenizer's template of two texts has {} places for them", texts);
  return pair;
}

}  // namespace

std::vector<std::int32_t> Tokenizer::encode_within(std::span<const std::string> texts,
                                                   const CutOptions& cut) const {
  const auto& parts = parts_for(parts_->post_processor, texts.size());
  std::array<Ids, 2> ids;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    ids[i] = encode(texts[i], {.add_special_tokens = false}).ids;
  }
  if (cut.max_length > 0) {
    const std::size_t special = num_special(parts);
    check(cut.max_length > special, ErrorKind::invalid_argument,
          "{} special tokens leave no room for text in a length of {}", special, cut.max_length);
    const auto kept = shared_out({ids[0].size(), ids[1].size()}, cut.max_length - special);
    cut_to(ids[0], kept[0], cut.cuts_beginning);
    cut_to(ids[1], kept[1], cut.cuts_beginning);
  }
  Ids out;
  for (const auto& part : parts) {
    if (part.is_text()) {
      out.insert(out.end(), ids[part.text].begin(), ids[part.text].end());
    } else {
      out.push_back(part.token);
    }
  }
  return out;
}

}  // namespace automodel::text
