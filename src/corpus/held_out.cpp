#include "corpus/held_out.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "data/registry.h"

namespace automodel::corpus {
namespace {

/// "its 7 rows are exactly the training rows"; empty if none is known to be one.
std::string describe_shared(const data::PreparedDataset& train,
                            const data::PreparedDataset& validation) {
  if (train.dataset->content_hash() == validation.dataset->content_hash()) {
    return fmt::format("its {} rows are exactly the training rows", validation.dataset->size());
  }
  const std::unordered_set<std::uint64_t> seen(train.survey.hashes.begin(),
                                               train.survey.hashes.end());
  const auto& rows = validation.survey.hashes;
  const auto count =
      std::ranges::count_if(rows, [&](std::uint64_t row) { return seen.contains(row); });
  return count == 0 ? ""
                    : fmt::format("{} of the {} rows looked at are training rows as well", count,
                                  rows.size());
}

}  // namespace

std::string describe_shared_rows(const DataSection& section, const data::PreparedDataset& train,
                                 const data::PreparedDataset& validation) {
  const std::string shared =
      data::is_mock_target(section.keys.target) ? "" : describe_shared(train, validation);
  return shared.empty() ? ""
                        : fmt::format(
                              "{}: {}: its loss does not tell how the model does on new rows. Give "
                              "other rows, or parts of one data set (dataset.split: train[:90%], "
                              "{}.split: train[90%:])",
                              section.name, shared, section.name);
}

}  // namespace automodel::corpus
