#include "data/mock_rows.h"

#include <fmt/format.h>

#include <limits>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "base/checksum.h"
#include "base/error.h"

namespace automodel::data {
namespace {

class MockRows final : public Dataset {
 public:
  explicit MockRows(std::vector<TokenizedSample> rows) : rows_(std::move(rows)) {}

  std::int64_t size() const override { return static_cast<std::int64_t>(rows_.size()); }
  TokenizedSample sample(std::int64_t index) const override {
    return rows_.at(static_cast<std::size_t>(index));
  }
  std::string location(std::int64_t index) const override {
    return fmt::format("mock row {}", index);
  }
  std::uint64_t content_hash() const override {
    std::uint64_t out = hash_of(rows_.size());
    for (const TokenizedSample& row : rows_) {
      out = hash_of(out, checksum(bytes_of(row.ids)), checksum(bytes_of(row.loss_mask)),
                    hash_of_numbers(row.document_lengths));
    }
    return out;
  }

 private:
  std::vector<TokenizedSample> rows_;
};

}  // namespace

std::unique_ptr<const Dataset> make_mock_rows(std::vector<TokenizedSample> rows) {
  return std::make_unique<MockRows>(std::move(rows));
}

void check_mock_size(const char* key, std::int64_t value, std::int64_t least) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
  check(value >= least && value < kMost, ErrorKind::invalid_argument,
        "mock data: {} must be at least {} and below 2^31, found {}", key, least, value);
}

}  // namespace automodel::data
