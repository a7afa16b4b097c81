#include <gmock/gmock.h>

#include "tests/text/formats/byte_tokens.h"

namespace automodel::text {
namespace {

using ::testing::ElementsAre;

/// The 256 bytes, "ab" and "abc" behind four special tokens, of which one has no name.
Json tekken() {
  Json vocab = Json::array();
  for (const std::string& token : byte_tokens({"ab", "abc"})) {
    vocab.push_back({{"rank", vocab.size()}, {"token_bytes", encode_base64(token)}});
  }
  Json specials = Json::array();
  for (const char* token : {"<unk>", "<s>", "</s>"}) {
    specials.push_back({{"rank", specials.size()}, {"token_str", token}, {"is_control", true}});
  }
  return {{"config",
           {{"pattern", "[a-z]+|."},
            {"default_vocab_size", 4 + 258},
            {"default_num_special_tokens", 4},
            {"version", "v11"}}},
          {"vocab", vocab},
          {"special_tokens", specials}};
}

TEST(Tekken, IdsAreRanksBehindTheSpecialTokens) {
  const TokenizerFiles files = read_tekken(tekken(), "t.json");
  const Tokenizer tokenizer = tokenizer_of(files);
  EXPECT_THAT(tokenizer.encode("abcab</s>b").ids, ElementsAre(261, 260, 2, 4 + 'b'));
  EXPECT_EQ(tokenizer.decode(tokenizer.encode("abc \u00e9</s>").ids), "abc \u00e9</s>");
  EXPECT_EQ(tokenizer.id_to_token(3), "<SPECIAL_3>");
  EXPECT_TRUE(tokenizer.is_special(3));
  EXPECT_EQ(tokenizer.vocab_size(), 262);
  EXPECT_EQ(files.tokenizer_config["bos_token"], "<s>");
  EXPECT_FALSE(files.tokenizer_config.contains("pad_token"));
}

TEST(Tekken, OldFilesLeaveTheSpecialTokensOut) {
  Json json = tekken();
  json.erase("special_tokens");
  json["config"] = {{"pattern", "."}, {"version", "v3"}};
  const Tokenizer tokenizer = tokenizer_of(read_tekken(json, "t.json"));
  EXPECT_THAT(tokenizer.encode("[INST]a").ids, ElementsAre(3, 20 + 'a'));
  json["config"]["version"] = "v11";
  EXPECT_EQ(error_of(ErrorKind::corrupt_data, [&] { read_tekken(json, "t.json"); }),
            "t.json.config: a file of version 'v11' has to list its special_tokens (only v1 to v7 "
            "need not)");
}

std::string corrupt(const Json& json) {
  return error_of(ErrorKind::corrupt_data, [&] { read_tekken(json, "t.json"); });
}

TEST(Tekken, DamageIsNamed) {
  Json json = tekken();
  json["vocab"][255]["rank"] = 7;
  EXPECT_EQ(corrupt(json), "t.json.vocab[255]: the rank is not the place in the list");
  json = tekken();
  json["vocab"][5]["token_bytes"] = "?";
  EXPECT_EQ(corrupt(json), "t.json.vocab[5].token_bytes: not base64");
  json = tekken();
  json["vocab"][256]["token_bytes"] = "YQ==";
  EXPECT_EQ(corrupt(json), "t.json: the token of rank 256 is there twice");
  json["vocab"][97]["token_bytes"] = "YWE=";
  json["vocab"][256]["token_bytes"] = "YWI=";
  EXPECT_EQ(corrupt(json),
            "t.json: there is no token for the byte 0x61, so some texts could not be encoded");
}

TEST(Tekken, CountsThatDoNotFitAreNamed) {
  Json json = tekken();
  json["config"]["default_vocab_size"] = 300;
  EXPECT_EQ(corrupt(json), "t.json.vocab: 258 tokens, expected 296");
  json["config"]["default_vocab_size"] = 4;
  EXPECT_EQ(corrupt(json),
            "t.json.config.default_vocab_size: 4 tokens in all, but 4 of them are special");
  json = tekken();
  json["config"]["default_num_special_tokens"] = 2;
  EXPECT_EQ(corrupt(json), "t.json: 3 special tokens, but default_num_special_tokens is 2");
  json = tekken();
  json["special_tokens"][1]["rank"] = 2;
  EXPECT_EQ(corrupt(json), "t.json.special_tokens[2]: the rank 2 is there twice");
  json["special_tokens"][2]["rank"] = 3;
  EXPECT_EQ(corrupt(json),
            "t.json.special_tokens: the ranks must be 0, 1, 2 ...; found 2 in place of 1");
  json = tekken();
  json["vocab"] = 7;
  EXPECT_EQ(corrupt(json), "t.json.vocab: expected a list of tokens, found 7");
}

}  // namespace
}  // namespace automodel::text
