#include "data/mock_prefix_tree.h"

#include <cstdlib>
#include <utility>
#include <vector>

#include "base/python_random.h"
#include "data/mock_rows.h"

namespace automodel::data {
namespace {

using Tokens = std::vector<std::int32_t>;

Tokens draw_words(PythonRandom& random, std::int64_t count, std::int64_t vocab_size) {
  Tokens out(static_cast<std::size_t>(count));
  for (std::int32_t& id : out) {
    id = kFirstWord + static_cast<std::int32_t>(
                          random.below(static_cast<std::uint32_t>(vocab_size - kFirstWord)));
  }
  return out;
}

void append_answer(TokenizedSample& row, Tokens prompt, const Tokens& answer) {
  std::vector<std::uint8_t> learnt(prompt.size() + 1, 0);
  learnt.resize(prompt.size() + answer.size(), 1);
  prompt.insert(prompt.end(), answer.begin(), answer.end());
  append_document(row, std::move(prompt), std::move(learnt));
}

}  // namespace

std::unique_ptr<const Dataset> make_mock_rollout_dataset(const MockRolloutOptions& options) {
  check_mock_size("num_groups", options.num_groups, 1);
  check_mock_size("completions_per_group", options.completions_per_group, 1);
  check_mock_size("prompt_len", options.prompt_len, 0);
  check_mock_size("completion_len", options.completion_len, 2);
  check_mock_size("vocab_size", options.vocab_size, kFirstWord + 1);
  PythonRandom random(options.seed);
  std::vector<TokenizedSample> rows(static_cast<std::size_t>(options.num_groups));
  for (TokenizedSample& row : rows) {
    row.notes.is_window = true;  // nothing begins or ends the text
    const Tokens prompt = draw_words(random, options.prompt_len, options.vocab_size);
    for (std::int64_t i = 0; i < options.completions_per_group; ++i) {
      append_answer(row, prompt, draw_words(random, options.completion_len, options.vocab_size));
    }
  }
  return make_mock_rows(std::move(rows));
}

MockRolloutOptions read_mock_rollout_options(Keys& keys) {
  return {.num_groups = keys.integer("num_groups", 16),
          .completions_per_group = keys.integer("completions_per_group", 4),
          .prompt_len = keys.integer("prompt_len", 32),
          .completion_len = keys.integer("completion_len", 16),
          .vocab_size = keys.integer("vocab_size", 1024),
          .seed = static_cast<std::uint64_t>(std::abs(keys.integer("seed", 0)))};
}

}  // namespace automodel::data
