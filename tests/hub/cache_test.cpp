#include "hub/cache.h"

#include <gmock/gmock.h>

#include <cstdlib>

#include "base/error.h"
#include "base/file.h"

namespace automodel::hub {
namespace {

namespace fs = std::filesystem;

const std::string kCommit(40, 'c');
const RepoFile kInner{.path = "sub/x.txt", .size = 1, .blob_id = std::string(40, 'a')};

class HubCacheWriting : public ::testing::Test {
 protected:
  HubCacheWriting() : cache_(fs::path(::testing::TempDir()) / "automodel_hub_writing") {
    fs::remove_all(cache_);
    ::setenv("HF_HUB_CACHE", cache_.c_str(), 1);
  }
  ~HubCacheWriting() override {
    ::unsetenv("HF_HUB_CACHE");
    fs::remove_all(cache_);
  }
  fs::path cache_;
};

TEST_F(HubCacheWriting, SnapshotLeadsToTheBlob) {
  const CachedRepo repo({.id = "org/name"}, kCommit);
  repo.make_folders();
  write_file_atomic(repo.blob(kInner), "x");
  EXPECT_FALSE(repo.has(kInner));
  repo.link(kInner);
  repo.link(kInner);
  EXPECT_TRUE(repo.has(kInner));
  EXPECT_EQ(fs::read_symlink(repo.snapshot() / "sub/x.txt"),
            fs::path("../../../blobs") / kInner.blob_id);
  EXPECT_TRUE(fs::exists(cache_ / "CACHEDIR.TAG"));
  EXPECT_EQ(repo.lock_file(kInner),
            cache_ / ".locks/models--org--name" / (kInner.blob_id + ".lock"));
}

TEST_F(HubCacheWriting, ReferencesAreOfBranchesOnly) {
  const HubRepo branch{.id = "org/name", .revision = "refs/pr/1"};
  const HubRepo commit{.id = "org/name", .revision = kCommit};
  CachedRepo(branch, kCommit).write_reference();
  CachedRepo(commit, kCommit).write_reference();
  const auto references = cache_ / "models--org--name/refs";
  EXPECT_EQ(read_file(references / "refs/pr/1"), kCommit);
  EXPECT_FALSE(fs::exists(references / kCommit));
}

TEST_F(HubCacheWriting, ListingIsKeptAndADamagedOneForgotten) {
  const CachedRepo repo({.kind = RepoKind::dataset, .id = "squad"}, kCommit);
  repo.make_folders();
  EXPECT_EQ(repo.read_listing(), std::nullopt);
  repo.write_listing({kInner});
  EXPECT_EQ(repo.read_listing(), std::vector{kInner});
  write_file_atomic(cache_ / "datasets--squad/trees" / (kCommit + ".json"), "{");
  EXPECT_EQ(repo.read_listing(), std::nullopt);
}

TEST_F(HubCacheWriting, CacheThatCannotBeWrittenIsAnError) {
  write_file_atomic(cache_, "a file");
  try {
    CachedRepo({.id = "org/name"}, kCommit).make_folders();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::io);
    EXPECT_THAT(error.what(), ::testing::HasSubstr("Let HF_HOME name a folder that you may write"));
  }
}

}  // namespace
}  // namespace automodel::hub
