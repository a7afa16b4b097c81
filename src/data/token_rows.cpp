#include "data/token_rows.h"

#include <limits>
#include <utility>

#include "base/error.h"
#include "base/exact_json.h"
#include "data/batch.h"
#include "data/columns.h"

namespace automodel::data {
namespace {

std::vector<std::int64_t> integers(const Json& row, const std::string& name) {
  const Json& values = column(row, name);
  check(values.is_array() && !values.empty(), ErrorKind::corrupt_data,
        "column '{}' must be a list of token ids, found {}", name,
        values.is_array() ? "an empty one" : values.type_name());
  std::vector<std::int64_t> out;
  for (const Json& value : values) {
    check(value.is_number_integer(), ErrorKind::corrupt_data,
          "column '{}' must hold whole numbers, found {}", name, exact_text(value));
    out.push_back(value.get<std::int64_t>());
  }
  return out;
}

std::vector<std::int32_t> token_ids(const std::vector<std::int64_t>& values) {
  std::vector<std::int32_t> out;
  for (const std::int64_t id : values) {
    check(id >= 0 && id <= std::numeric_limits<std::int32_t>::max(), ErrorKind::corrupt_data,
          "column 'input_ids' holds {}, which is no token id", id);
    out.push_back(static_cast<std::int32_t>(id));
  }
  return out;
}

std::vector<std::uint8_t> loss_mask(const std::vector<std::int64_t>& ids,
                                    const std::vector<std::int64_t>& labels) {
  check(labels.size() == ids.size(), ErrorKind::corrupt_data,
        "column 'labels' has {} entries for {} input_ids", labels.size(), ids.size());
  std::vector<std::uint8_t> out;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    check(labels[i] == kIgnoreLabel || labels[i] == ids[i], ErrorKind::corrupt_data,
          "labels[{}] is {}; it must be input_ids[{}] = {}, or {} where nothing is learnt", i,
          labels[i], i, ids[i], kIgnoreLabel);
    out.push_back(labels[i] == kIgnoreLabel ? 0 : 1);
  }
  return out;
}

TokenizedSample as_sample(const Json& row) {
  const auto ids = integers(row, "input_ids");
  TokenizedSample out;
  out.notes.all_learnt = !row.contains("labels");
  append_document(out, token_ids(ids),
                  loss_mask(ids, out.notes.all_learnt ? ids : integers(row, "labels")));
  return out;
}

}  // namespace

std::unique_ptr<const Dataset> make_token_row_dataset(const std::string& path) {
  return make_row_dataset(open_file(path), as_sample, nullptr);
}

}  // namespace automodel::data
