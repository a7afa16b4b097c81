#include "data/row_chunks.h"

#include <algorithm>

namespace automodel::data {
namespace {

/// Enough for all cores, and soon done.
constexpr std::int64_t kChunkRows = 512;

}  // namespace

void for_row_chunks(std::int64_t num_rows, const OnRows& on_rows,
                    const std::function<void(std::int64_t begin, std::int64_t end)>& work) {
  const auto tell = [&](std::int64_t num_done) {
    if (on_rows) {
      on_rows(num_done, num_rows);
    }
  };
  for (std::int64_t begin = 0; begin < num_rows; begin += kChunkRows) {
    tell(begin);
    work(begin, std::min(begin + kChunkRows, num_rows));
  }
  tell(num_rows);
}

}  // namespace automodel::data
