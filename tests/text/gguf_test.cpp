#include <gmock/gmock.h>

#include "tests/text/gguf_tokenizer_of.h"

namespace automodel::text {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

GgufVocabulary sentence_piece() {
  GgufVocabulary v{.model = "llama"};
  v.tokens = {"<unk>", "<s>", "</s>"};
  v.token_types = {2, 3, 3};
  v.scores = {0, 0, 0};
  for (int byte = 0; byte < 256; ++byte) {
    v.tokens.push_back(fmt::format("<0x{:02X}>", byte));
    v.token_types.push_back(6);
    v.scores.push_back(0);
  }
  for (const char* token : {"\u2581", "a", "b", "ab", "\u2581a"}) {
    v.tokens.emplace_back(token);
    v.token_types.push_back(1);
    v.scores.push_back(-static_cast<float>(v.tokens.size()));
  }
  v.bos_id = 1;
  v.eos_id = 2;
  v.unk_id = 0;
  return v;
}

TEST(Gguf, SentencePieceVocabulariesGetMerges) {
  const Tokenizer tokenizer = tokenizer_of(sentence_piece());
  EXPECT_THAT(tokenizer.encode("ab").ids,
              ElementsAre(1, 259, 262));  // "▁" "ab": ab has the better score
  EXPECT_THAT(tokenizer.encode("aa").ids, ElementsAre(1, 263, 260));
  EXPECT_THAT(tokenizer.encode("é").ids, ElementsAre(1, 259, 3 + 0xC3, 3 + 0xA9));
  EXPECT_EQ(tokenizer.decode(tokenizer.encode("ab é a").ids, true), "ab é a");
}

TEST(Gguf, SpacePrefixIsOptional) {
  GgufVocabulary v = sentence_piece();
  v.add_space_prefix = false;
  EXPECT_THAT(tokenizer_of(v).encode("ab").ids, ElementsAre(1, 262));
  EXPECT_EQ(tokenizer_of(v).decode(tokenizer_of(v).encode(" ab").ids, true), " ab");
}

TEST(Gguf, GemmaMergesInOrderOfIdsAndSpellsSpaces) {
  GgufVocabulary v = sentence_piece();
  v.tokens.emplace_back("  ");
  v.token_types.push_back(4);
  v.scores.assign(v.tokens.size(), 0);
  v.scores.back() = 5;  // means nothing
  const Tokenizer tokenizer = tokenizer_of(v, "gemma3");
  EXPECT_THAT(tokenizer.encode("  ab").ids, ElementsAre(1, 264, 262));
  EXPECT_EQ(tokenizer.id_to_token(264), "\u2581\u2581");
}

TEST(Gguf, WordPieceVocabularies) {
  GgufVocabulary v{.model = "bert"};
  v.tokens = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "\u2581un", "able", "\u2581a", "\u2581!"};
  v.token_types = {3, 3, 3, 3, 1, 1, 1, 1};
  v.unk_id = 1;
  v.cls_id = 2;
  v.sep_id = 3;
  const Tokenizer tokenizer = tokenizer_of(v, "bert");
  EXPECT_THAT(tokenizer.encode("UNABLE \u00c1!").ids, ElementsAre(2, 4, 5, 6, 7, 3));
  EXPECT_THAT(tokenizer.encode("xy[PAD]").ids, ElementsAre(2, 1, 0, 3));
  EXPECT_EQ(tokenizer.decode(tokenizer.encode("unable a").ids, true), "unable a");
  v.lowercase = false;
  EXPECT_THAT(tokenizer_of(v, "bert").encode("UN un").ids, ElementsAre(2, 1, 4, 3));
  v.add_eos = false;
  EXPECT_THAT(tokenizer_of(v, "bert").encode("a").ids, ElementsAre(2, 6));
}

TEST(Gguf, UnigramVocabularies) {
  GgufVocabulary v{.model = "t5"};
  v.tokens = {"<pad>", "</s>", "<unk>", "\u2581", "\u2581a", "b", "\u2581ab"};
  v.token_types = {3, 3, 2, 1, 1, 1, 1};
  v.scores = {0, 0, 0, -2, -3, -3, -4};
  v.eos_id = 1;
  v.unk_id = 2;
  const Tokenizer tokenizer = tokenizer_of(v, "t5");
  EXPECT_THAT(tokenizer.encode("ab  b").ids, ElementsAre(6, 3, 5, 1));
  EXPECT_THAT(tokenizer.encode("x").ids, ElementsAre(3, 2, 1));
  EXPECT_EQ(tokenizer.decode(tokenizer.encode("ab b").ids, true), "ab b");
  v.remove_extra_whitespaces = false;
  EXPECT_THAT(error_of(ErrorKind::unsupported, [&] { tokenizer_from_gguf(v, "t5", "m.gguf"); }),
              HasSubstr("tokenizer.ggml.remove_extra_whitespaces is false"));
}

TEST(Gguf, WhatAKindNeedsIsNamed) {
  const auto corrupt = [](const GgufVocabulary& v) {
    return error_of(ErrorKind::corrupt_data, [&] { tokenizer_from_gguf(v, "llama", "m.gguf"); });
  };
  GgufVocabulary v = sentence_piece();
  v.scores.clear();
  EXPECT_EQ(corrupt(v), "m.gguf: a sentencepiece vocabulary without scores");
  v.model = "t5";
  EXPECT_EQ(corrupt(v), "m.gguf: a unigram vocabulary without scores");
  v.model = "bert";
  v.unk_id.reset();
  EXPECT_EQ(corrupt(v), "m.gguf: a WordPiece vocabulary without tokenizer.ggml.unknown_token_id");
}

}  // namespace
}  // namespace automodel::text
