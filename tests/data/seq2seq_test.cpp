#include "data/seq2seq.h"

#include "data/support.h"
#include "data/test_text.h"

namespace automodel::data {
namespace {

using ::testing::HasSubstr;

class Seq2Seq : public ::testing::Test {
 protected:
  TokenizedSample sample(const std::string& row, Seq2SeqOptions options = {},
                         TextContext context = test_context()) const {
    options.paths = {folder_.write("rows.jsonl", row + "\n")};
    if (!options.decoder_start) {
      context.special_tokens.pad_token = "<s>";
    }
    return make_seq2seq_dataset(options, context)->sample(0);
  }
  std::string error(const std::string& row, const Seq2SeqOptions& options = {},
                    const TextContext& context = test_context()) const {
    return error_of([&] { sample(row, options, context); });
  }

  ScratchFolder folder_;
  std::string row_ = R"({"question": "q", "answers": {"text": ["y"]}, "en": "x", "de": "z"})";
};

TEST_F(Seq2Seq, ASourceAndWhatTheDecoderIsFedAndLearns) {
  const auto sample = this->sample(row_);
  EXPECT_EQ(sample.document_lengths, (std::vector<std::int64_t>{1, 3}));
  EXPECT_EQ(sample.ids, (std::vector<std::int32_t>{'q', kBos, 'y', kEos}));
  EXPECT_EQ(sample.loss_mask, (std::vector<std::uint8_t>{0, 0, 1, 1}));
  EXPECT_TRUE(sample.notes.all_learnt);
  EXPECT_TRUE(sample.roles.empty());
  TextContext context = test_context();
  context.finds_roles = true;
  EXPECT_EQ(this->sample(row_, {}, context).roles,
            (std::vector<Role>{Role::prompt, Role::answer, Role::answer, Role::answer}));
}

TEST_F(Seq2Seq, BothDocumentsAreCutAndTheEosStays) {
  const std::string row = R"({"question": "quest</s>", "answers": "yes"})";
  const auto at = [&](std::int64_t length) {
    return this->sample(row, {.limit = {.truncate = true, .seq_length = length}});
  };
  EXPECT_EQ(at(6).ids,
            (std::vector<std::int32_t>{'q', 'u', 'e', 's', 't', kEos, kBos, 'y', 'e', 's', kEos}));
  EXPECT_FALSE(at(6).notes.truncated);
  const auto cut = at(3);
  EXPECT_EQ(cut.ids, (std::vector<std::int32_t>{'q', 'u', kEos, kBos, 'y', kEos}));
  EXPECT_EQ(cut.document_lengths, (std::vector<std::int64_t>{3, 3}));
  EXPECT_EQ(cut.loss_mask, (std::vector<std::uint8_t>{0, 0, 0, 0, 1, 1}));
}

TEST_F(Seq2Seq, ColumnsTemplateAndFirstToken) {
  const auto sample =
      this->sample(row_, {.source_template = "{{{en}}}:", .target_key = "de", .decoder_start = 7});
  EXPECT_EQ(sample.ids, (std::vector<std::int32_t>{'{', 'x', '}', ':', 7, 'z', kEos}));
}

TEST_F(Seq2Seq, WhatCannotBeIsNamed) {
  EXPECT_THAT(error(row_, {.source_template = "a {en"}),
              HasSubstr("source_template has a single '{' at character 3"));
  EXPECT_THAT(error(row_, {.source_template = "a}"}), HasSubstr("a single '}' at character 2"));
  EXPECT_THAT(error(row_, {.source_template = "{fr}"}), HasSubstr("no column 'fr'"));
  EXPECT_THAT(error(row_, {.source_key = "nn"}), HasSubstr("no column 'nn'"));
  EXPECT_THAT(error(R"({"question": "q", "answers": 3})"),
              HasSubstr(R"(column 'answers' must be {"text": ["..."]}, found 3)"));
  const auto path = folder_.write("rows.jsonl", row_);
  EXPECT_THAT(error_of([&] { make_seq2seq_dataset({.paths = {path}}, test_context()); }),
              HasSubstr("the tokenizer has no pad_token that the decoder could begin with; give "
                        "dataset.decoder_start_token_id"));
  TextContext endless = test_context();
  endless.eos_id.reset();
  EXPECT_THAT(error(row_, {}, endless), HasSubstr("the tokenizer has no eos_token"));
}

TEST_F(Seq2Seq, Keys) {
  Keys keys({{"dataset_name", "x.jsonl"},
             {"split", "test"},
             {"limit_dataset_samples", 3},
             {"seq_length", 8},
             {"source_template", "t"},
             {"source_key", "s"},
             {"target_key", "t"},
             {"decoder_start_token_id", 0}},
            "dataset X");
  const Seq2SeqOptions options = read_seq2seq_options(keys);
  keys.finish();
  EXPECT_EQ(options.split, "test");
  EXPECT_EQ(options.rows.max_rows, 3);
  EXPECT_EQ(options.limit, (LengthLimit{.truncate = true, .seq_length = 8}));
  EXPECT_EQ(options.source_template, "t");
  EXPECT_EQ(options.source_key, "s");
  EXPECT_EQ(options.target_key, "t");
  EXPECT_EQ(options.decoder_start, 0);
  Keys uncut({{"dataset_name", "x.jsonl"}, {"truncation", false}}, "dataset X");
  EXPECT_FALSE(read_seq2seq_options(uncut).limit.truncate);
}

}  // namespace
}  // namespace automodel::data
