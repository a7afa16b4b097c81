#pragma once
// Going through all rows of a data set, which may take an hour.

#include <cstdint>
#include <functional>

namespace automodel::data {

/// Told how many of how many rows are done. What it throws ends the work.
using OnRows = std::function<void(std::int64_t num_done, std::int64_t num_rows)>;

/// Calls work(begin, end) for ranges of rows that cover [0, num_rows), one after the other, and
/// `on_rows`, if there is one, before each of them and in the end.
void for_row_chunks(std::int64_t num_rows, const OnRows& on_rows,
                    const std::function<void(std::int64_t begin, std::int64_t end)>& work);

}  // namespace automodel::data
