#include <gmock/gmock.h>

#include <filesystem>

#include "base/file.h"
#include "tests/text/formats/byte_tokens.h"

namespace automodel::text {
namespace {

namespace fs = std::filesystem;

TEST(VocabAndMerges, MergesAreLines) {
  const auto folder = fs::path(::testing::TempDir()) / "vocab_merges";
  remove_tree(folder);
  fs::create_directories(folder);
  write_file_atomic(folder / "merges.txt", "#version: 0.2\na b\r\n# #\n\nab #");
  const Json config = Json::object();
  const std::string content = R"({"a": 0, "b": 1, "ab": 2})";
  const VocabularyFile file{.name = "vocab.json",
                            .content = content,
                            .source = (folder / "vocab.json").string(),
                            .config = config};
  const Json model = read_vocab_and_merges(file).tokenizer["model"];
  EXPECT_EQ(model["merges"], Json({"a b", "# #", "ab #"}));
  EXPECT_EQ(model["vocab"]["ab"], 2);
  EXPECT_EQ(model["type"], "BPE");
  fs::remove(folder / "merges.txt");
  EXPECT_THAT(error_of(ErrorKind::not_found, [&] { read_vocab_and_merges(file); }),
              ::testing::HasSubstr("vocab.json is there without merges.txt"));
  remove_tree(folder);
}

}  // namespace
}  // namespace automodel::text
