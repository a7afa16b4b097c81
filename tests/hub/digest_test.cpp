#include "hub/digest.h"

#include <gtest/gtest.h>

namespace automodel::hub {
namespace {

std::string digest_of(DigestKind kind, std::string_view text) {
  Digest digest(kind, static_cast<std::int64_t>(text.size()));
  digest.update(text.substr(0, 2));
  digest.update(text.substr(2));
  return digest.finish();
}

TEST(Digest, IsWhatSha256sumPrints) {
  EXPECT_EQ(digest_of(DigestKind::sha256, "hello\n"),
            "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03");
}

TEST(Digest, IsWhatGitHashObjectPrints) {
  EXPECT_EQ(digest_of(DigestKind::git_blob, "hello\n"), "ce013625030ba8dba906f756967f9e9ca394464a");
  Digest empty(DigestKind::git_blob, 0);
  EXPECT_EQ(empty.finish(), "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
}

}  // namespace
}  // namespace automodel::hub
