#include "data/mock_classification.h"

#include <cstdlib>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/python_random.h"
#include "data/classification.h"
#include "data/mock_rows.h"

namespace automodel::data {
namespace {

constexpr std::int64_t kShortest = 4;

/// Python's randint(least, most).
std::int64_t draw(PythonRandom& random, std::int64_t least, std::int64_t most) {
  return least + random.below(static_cast<std::uint32_t>(most - least + 1));
}

}  // namespace

std::unique_ptr<const Dataset> make_mock_classification_dataset(
    const MockClassificationOptions& options, const TextContext& context) {
  check_mock_size("num_samples", options.num_samples, 1);
  check_mock_size("num_labels", options.num_labels, 1);
  check_mock_size("vocab_size", options.vocab_size, kFirstWord + 1);
  check_mock_size("max_seq_len", options.max_seq_len, kShortest);
  check(context.num_labels == 0 || options.num_labels <= context.num_labels,
        ErrorKind::invalid_argument,
        "mock data: num_labels is {}, but the model tells {} classes; set model.num_labels",
        options.num_labels, context.num_labels);
  PythonRandom random(options.seed);
  std::vector<TokenizedSample> rows;
  for (std::int64_t i = 0; i < options.num_samples; ++i) {
    std::vector<std::int32_t> ids(
        static_cast<std::size_t>(draw(random, kShortest, options.max_seq_len)));
    for (std::int32_t& id : ids) {
      id = static_cast<std::int32_t>(draw(random, kFirstWord, options.vocab_size - 1));
    }
    const auto label = static_cast<std::int32_t>(draw(random, 0, options.num_labels - 1));
    rows.push_back(class_sample(std::move(ids), label));
  }
  return make_mock_rows(std::move(rows));
}

MockClassificationOptions read_mock_classification_options(Keys& keys) {
  return {.num_samples = keys.integer("num_samples", 64),
          .num_labels = keys.integer("num_labels", 2),
          .vocab_size = keys.integer("vocab_size", 256),
          .max_seq_len = keys.integer("max_seq_len", 32),
          .seed = static_cast<std::uint64_t>(std::abs(keys.integer("seed", 0)))};
}

}  // namespace automodel::data
