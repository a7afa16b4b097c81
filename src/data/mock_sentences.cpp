#include "data/mock_sentences.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "base/error.h"
#include "base/python_random.h"
#include "data/mock_rows.h"

namespace automodel::data {
namespace {

using Sentence = std::vector<std::int32_t>;

constexpr std::int32_t kEos = 1;

TokenizedSample row_of(const std::vector<Sentence>& sentences) {
  TokenizedSample out;
  out.notes.all_learnt = true;
  for (const Sentence& sentence : sentences) {
    append_document(out, sentence, std::vector<std::uint8_t>(sentence.size(), 1));
  }
  return out;
}

void check_sentences(const MockSentenceOptions& options) {
  check_mock_size("vocab_size", options.vocab_size, kFirstWord + 1);
  check_mock_size("max_sentence_len", options.max_sentence_len, 1);
}

/// A draw of one sentence after the other.
class SentenceStream {
 public:
  explicit SentenceStream(const MockSentenceOptions& options)
      : options_(options), random_(options.seed) {}

  Sentence next() {
    const double drawn = std::trunc(random_.gauss(options_.mean_len, options_.std_len));
    const double most = static_cast<double>(options_.max_sentence_len);
    Sentence out(static_cast<std::size_t>(std::max(1.0, std::min(most, drawn))));
    for (std::int32_t& id : out) {
      const auto words = static_cast<std::size_t>(options_.vocab_size - kFirstWord);
      id = kFirstWord + static_cast<std::int32_t>(random_.choose(words));
    }
    out.push_back(kEos);
    return out;
  }

 private:
  MockSentenceOptions options_;
  PythonRandom random_;
};

/// The next whole sentences that fill `size` tokens exactly.
std::vector<Sentence> fill_block(SentenceStream& stream, std::size_t size, Sentence& next) {
  constexpr int kMostTries = 100'000;
  std::vector<Sentence> block;
  std::size_t filled = 0;
  for (int tries = 0; tries < kMostTries; ++tries) {
    if (next.empty()) {
      next = stream.next();
    }
    if (filled + next.size() > size && filled == size) {
      return block;
    }
    if (filled + next.size() > size) {
      block.clear();
      filled = 0;
    }
    filled += next.size();
    block.push_back(std::exchange(next, {}));
  }
  fail(ErrorKind::invalid_argument,
       "mock data: {} sentences in a row did not fill a block of {} tokens exactly; change "
       "dataset.block_size or dataset.mean_len",
       kMostTries, size);
}

MockSentenceOptions read_sentence_options(Keys& keys) {
  const auto number = [&](const char* name, double otherwise) {
    const Json value = keys.any(name);
    check(value.is_null() || value.is_number(), ErrorKind::invalid_argument,
          "dataset.{} must be a number, found {}", name, value.dump());
    return value.is_null() ? otherwise : value.get<double>();
  };
  return {.mean_len = number("mean_len", 20),
          .std_len = number("std_len", 6),
          .vocab_size = keys.integer("vocab_size", 100),
          .max_sentence_len = keys.integer("max_sentence_len", 64),
          .seed = static_cast<std::uint64_t>(std::abs(keys.integer("seed", 0)))};
}

}  // namespace

std::unique_ptr<const Dataset> make_mock_unpacked_dataset(const MockUnpackedOptions& options) {
  check_mock_size("num_sentences", options.num_sentences, 1);
  check_sentences(options.sentences);
  SentenceStream stream(options.sentences);
  std::vector<TokenizedSample> rows;
  for (std::int64_t i = 0; i < options.num_sentences; ++i) {
    rows.push_back(row_of({stream.next()}));
  }
  return make_mock_rows(std::move(rows));
}

std::unique_ptr<const Dataset> make_mock_packed_dataset(const MockPackedOptions& options) {
  check_mock_size("num_blocks", options.num_blocks, 1);
  check_mock_size("block_size", options.block_size, 2);
  check_sentences(options.sentences);
  SentenceStream stream(options.sentences);
  std::vector<TokenizedSample> rows;
  Sentence next;
  for (std::int64_t i = 0; i < options.num_blocks; ++i) {
    rows.push_back(row_of(fill_block(stream, static_cast<std::size_t>(options.block_size), next)));
  }
  return make_mock_rows(std::move(rows));
}

MockUnpackedOptions read_mock_unpacked_options(Keys& keys) {
  return {.num_sentences = keys.integer("num_sentences", 10),
          .sentences = read_sentence_options(keys)};
}

MockPackedOptions read_mock_packed_options(Keys& keys) {
  return {.num_blocks = keys.integer("num_blocks", 10),
          .block_size = keys.integer("block_size", 128),
          .sentences = read_sentence_options(keys)};
}

TextContext mock_text(std::int64_t vocab_size) {
  check_mock_size("vocab_size", vocab_size, 1);
  Json vocabulary = {{"<pad>", 0}, {"<eos>", kEos}};
  auto& members = static_cast<Json::object_t::Container&>(vocabulary.get_ref<Json::object_t&>());
  for (std::int64_t id = kFirstWord; id < vocab_size; ++id) {
    members.emplace_back(fmt::format("tok_{}", id), id);  // operator[] searches all before it
  }
  const Json tokenizer = {
      {"version", "1.0"},
      {"added_tokens", Json::array()},
      {"pre_tokenizer", {{"type", "WhitespaceSplit"}}},
      {"model", {{"type", "WordLevel"}, {"vocab", std::move(vocabulary)}, {"unk_token", "<pad>"}}}};
  text::TokenizerConfig config;
  config.eos_token = "<eos>";
  config.pad_token = "<pad>";
  return make_text_context(text::Tokenizer::from_json(tokenizer, "mock data"), config);
}

}  // namespace automodel::data
