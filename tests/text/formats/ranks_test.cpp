#include <gmock/gmock.h>

#include "tests/text/formats/byte_tokens.h"

namespace automodel::text {
namespace {

using ::testing::ElementsAre;

std::string lines(std::initializer_list<std::string> more) {
  std::string text;
  int rank = 0;
  for (const std::string& token : byte_tokens(more)) {
    text += fmt::format("{} {}\n", encode_base64(token), rank++);
  }
  return text;
}

TokenizerFiles read(const std::string& name, const std::string& content,
                    const Json& config = Json::object()) {
  return read_ranks({.name = name, .content = content, .source = name, .config = config});
}

TEST(Ranks, TheLowestRankMergesFirst) {
  const std::string content = lines({"bc", "ab", "abc"});
  const Tokenizer tokenizer = tokenizer_of(read("tokenizer.model", content));
  EXPECT_THAT(tokenizer.encode("abc").ids, ElementsAre(258));  // a whole word that is a token
  EXPECT_THAT(tokenizer.encode("abcd").ids, ElementsAre(258, 'd'));
  EXPECT_THAT(tokenizer.encode("xab").ids, ElementsAre('x', 257));
  EXPECT_EQ(tokenizer.decode(tokenizer.encode("abc \u00e9\n").ids), "abc \u00e9\n");
}

TEST(Ranks, ExpressionAndSpecialTokensFollowFromTheName) {
  const std::string content = lines({});
  const Tokenizer qwen = tokenizer_of(read("qwen.tiktoken", content));
  EXPECT_EQ(qwen.token_to_id("<|im_end|>"), 151645);
  EXPECT_EQ(qwen.encode("e\u0301").ids.size(), 2U);  // NFC
  EXPECT_EQ(qwen.encode("<|im_start|>").ids, std::vector<std::int32_t>{151644});
  const Tokenizer plain = tokenizer_of(read("tokenizer.model", content));
  EXPECT_EQ(plain.encode("e\u0301").ids.size(), 3U);
  EXPECT_TRUE(plain.added_tokens().empty());
  EXPECT_EQ(tokenizer_of(read("cl100k_base.tiktoken", content)).token_to_id("<|endofprompt|>"),
            100276);
}

TEST(Ranks, TheFolderNamesClassAndTokens) {
  const Json config = {
      {"tokenizer_class", "TikTokenTokenizer"},
      {"auto_map", {{"AutoTokenizer", {"tokenization_kimi.X", nullptr}}}},
      {"added_tokens_decoder", {{"256", {{"content", "[BOS]"}}}, {"258", {{"content", "[EOS]"}}}}}};
  const Tokenizer kimi = tokenizer_of(read("tiktoken.model", lines({}), config));
  EXPECT_EQ(kimi.token_to_id("[EOS]"), 258);
  EXPECT_EQ(kimi.id_to_token(257), "<|reserved_token_257|>");
  EXPECT_EQ(kimi.vocab_size(), 259);
}

TEST(Ranks, UnknownCodeIsRefused) {
  const Json config = {{"tokenizer_class", "MyTokenizer"}, {"auto_map", {{"AutoTokenizer", "x"}}}};
  EXPECT_EQ(
      error_of(ErrorKind::unsupported, [&] { read("tokenizer.model", lines({}), config); }),
      "tokenizer.model: how class 'MyTokenizer' splits a text into words is in code that the "
      "folder brings, which is not run here; save the tokenizer as tokenizer.json, which says "
      "it");
}

TEST(Ranks, DamageIsNamedWithItsLine) {
  const auto corrupt = [](const std::string& content, const Json& config = Json::object()) {
    return error_of(ErrorKind::corrupt_data, [&] { read("t.tiktoken", content, config); });
  };
  const std::string good = lines({});
  for (const char* bad :
       {"YWI=", "YWI= x", "YWI= -1", "? 256", " 256", "YWI= 99999999", "YWI= 1 2"}) {
    EXPECT_EQ(corrupt(good + bad),
              "t.tiktoken:257: expected a token in base64, a space and its rank")
        << bad;
  }
  EXPECT_EQ(corrupt(good + "YWI= 255\n"), "t.tiktoken: the rank 255 is there twice");
  EXPECT_EQ(corrupt("YWI= 0\r\n"),
            "t.tiktoken: there is no token for the byte 0x00, so some texts could not be encoded");
  EXPECT_EQ(corrupt(""),
            "t.tiktoken: there is no token for the byte 0x00, so some texts could not be encoded");
  EXPECT_EQ(corrupt(good, {{"added_tokens_decoder", {{"x", "a"}}}}),
            "tokenizer_config.json.added_tokens_decoder: 'x' is not a token id");
}

}  // namespace
}  // namespace automodel::text
