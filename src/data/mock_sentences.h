#pragma once
// Made-up sentences, each its own document or packed: the same ones that upstream makes.

#include <cstdint>
#include <memory>

#include "data/dataset.h"
#include "data/keys.h"
#include "data/text_context.h"

namespace automodel::data {

/// Lengths are drawn from a normal distribution and cut to [1, max_sentence_len]; the token 1 ends
/// each sentence, the others are drawn from 2 to vocab_size - 1.
struct MockSentenceOptions {
  double mean_len = 20;
  double std_len = 6;
  std::int64_t vocab_size = 100;
  std::int64_t max_sentence_len = 64;
  std::uint64_t seed = 0;
};

struct MockUnpackedOptions {
  std::int64_t num_sentences = 10;
  MockSentenceOptions sentences = {};
};

struct MockPackedOptions {
  std::int64_t num_blocks = 10;
  std::int64_t block_size = 128;
  MockSentenceOptions sentences = {};
};

/// One sentence a row. Throws Error(invalid_argument) for sizes that cannot be.
/// Source: upstream's mock.build_unpacked_dataset.
std::unique_ptr<const Dataset> make_mock_unpacked_dataset(const MockUnpackedOptions& options);

/// Rows of exactly block_size tokens in whole sentences: what would not fill one exactly is thrown
/// away. The sentences of a row do not see each other, as in all packs here.
/// Throws Error(invalid_argument) for sizes that cannot be, or that sentences hardly ever fill.
/// Source: upstream's mock_packed.build_packed_dataset.
std::unique_ptr<const Dataset> make_mock_packed_dataset(const MockPackedOptions& options);

MockUnpackedOptions read_mock_unpacked_options(Keys& keys);
MockPackedOptions read_mock_packed_options(Keys& keys);

/// The words of made-up data: <pad>, <eos>, tok_2 ... Such data need no tokenizer of a model.
TextContext mock_text(std::int64_t vocab_size);

}  // namespace automodel::data
