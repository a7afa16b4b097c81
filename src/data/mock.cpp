#include "data/mock.h"

#include <fmt/format.h>

#include "base/checksum.h"
#include "base/random.h"
#include "data/mock_rows.h"

namespace automodel::data {
namespace {

class MockDataset final : public Dataset {
 public:
  explicit MockDataset(const MockOptions& options) : options_(options) {}

  std::int64_t size() const override { return options_.num_samples; }

  TokenizedSample sample(std::int64_t index) const override {
    RandomStream random(options_.seed, StreamPurpose::mock, static_cast<std::uint64_t>(index));
    std::vector<std::int32_t> ids(static_cast<std::size_t>(options_.seq_len + 1));
    for (std::int32_t& id : ids) {
      id = static_cast<std::int32_t>(random.below(static_cast<std::uint64_t>(options_.vocab_size)));
    }
    return token_window(std::move(ids));
  }

  std::string location(std::int64_t index) const override {
    return fmt::format("mock row {}", index);
  }

  std::uint64_t content_hash() const override {
    return hash_of(options_.vocab_size, options_.seq_len, options_.num_samples, options_.seed);
  }

 private:
  MockOptions options_;
};

}  // namespace

std::unique_ptr<const Dataset> make_mock_dataset(const MockOptions& options) {
  check_mock_size("vocab_size", options.vocab_size, 1);
  check_mock_size("seq_len", options.seq_len, 1);
  check_mock_size("num_samples", options.num_samples, 1);
  return std::make_unique<MockDataset>(options);
}

MockOptions read_mock_options(Keys& keys) {
  keys.any("batch_size");
  return {.vocab_size = keys.integer("vocab_size", 1024),
          .seq_len = keys.integer("seq_len", 1024),
          .num_samples = keys.integer("num_samples", 1000000)};
}

}  // namespace automodel::data
