#pragma once
// make_seq2seq_dataset: sources and targets of encoder-decoder models.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "data/keys.h"
#include "data/limit.h"
#include "data/split.h"

namespace automodel::data {

struct Seq2SeqOptions {
  /// Files, folders, patterns or hub ids; see open_rows.
  std::vector<std::string> paths;
  std::string split = "train";
  SelectOptions rows;
  /// The source's text, with columns in braces: "translate: {en}". Without it column source_key.
  std::optional<std::string> source_template;
  std::string source_key = "question";
  /// A text, or answers as SQuAD has them, of which the first is taken.
  std::string target_key = "answers";
  /// What the decoder begins with; the tokenizer's pad_token if it is not given, as T5 has it.
  std::optional<std::int32_t> decoder_start;
  LengthLimit limit;
};

/// Each sample has two documents: the encoder's tokens, of which nothing is learnt, and the
/// decoder's, which are its first token and the target with an EOS token, all of it learnt. One
/// that is cut keeps its last EOS token. Throws Error(invalid_argument) if the tokenizer has no
/// eos_token, or no pad_token where that is needed.
std::unique_ptr<const Dataset> make_seq2seq_dataset(const Seq2SeqOptions& options,
                                                    TextContext context);

/// The keys of upstream's seq2seq.make_seq2seq_dataset.
Seq2SeqOptions read_seq2seq_options(Keys& keys);

}  // namespace automodel::data
