#include "data/sample.h"

#include <algorithm>
#include <utility>

#include "base/error.h"

namespace automodel::data {

Role role_from_name(std::string_view name) {
  const auto* const found = std::find(kRoleNames.begin(), kRoleNames.end(), name);
  return found == kRoleNames.end() ? Role::text : static_cast<Role>(found - kRoleNames.begin());
}

void add_notes(SampleNotes& whole, const SampleNotes& part) {
  whole.special_in_content |= part.special_in_content;
  whole.merged_boundary |= part.merged_boundary;
  whole.empty_answer |= part.empty_answer;
  whole.not_shown |= part.not_shown;
  whole.all_learnt &= part.all_learnt;
  whole.truncated |= part.truncated;
  whole.not_truncated |= part.not_truncated;
  whole.is_window |= part.is_window;
  whole.ends_in_class |= part.ends_in_class;
}

std::int64_t num_trained_tokens(const TokenizedSample& sample) {
  std::int64_t count = 0;
  std::size_t begin = 0;
  for (const std::int64_t length : sample.document_lengths) {
    const std::size_t end = begin + static_cast<std::size_t>(length);
    for (std::size_t t = begin + 1; t < end; ++t) {
      count += sample.loss_mask[t];
    }
    begin = end;
  }
  return count;
}

std::int64_t num_tokens(const TokenizedSample& sample) {
  const std::size_t classes = sample.notes.ends_in_class ? sample.document_lengths.size() : 0;
  return static_cast<std::int64_t>(sample.ids.size() - classes);
}

TokenizedSample token_window(std::vector<std::int32_t> ids) {
  TokenizedSample sample;
  sample.notes = {.all_learnt = true, .is_window = true};
  sample.document_lengths = {static_cast<std::int64_t>(ids.size())};
  sample.loss_mask.assign(ids.size(), 1);
  sample.ids = std::move(ids);
  return sample;
}

void append_document(TokenizedSample& sample, std::vector<std::int32_t> ids,
                     std::vector<std::uint8_t> loss_mask) {
  check(ids.size() == loss_mask.size(), ErrorKind::internal,
        "a document of {} tokens has a loss mask of {}", ids.size(), loss_mask.size());
  sample.document_lengths.push_back(static_cast<std::int64_t>(ids.size()));
  sample.ids.insert(sample.ids.end(), ids.begin(), ids.end());
  sample.loss_mask.insert(sample.loss_mask.end(), loss_mask.begin(), loss_mask.end());
}

}  // namespace automodel::data
