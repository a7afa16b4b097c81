#include "base/hub_cache.h"

#include <gmock/gmock.h>

#include <cstdlib>

#include "base/error.h"
#include "base/file.h"

namespace automodel {
namespace {

namespace fs = std::filesystem;

/// HF_HUB_CACHE points to a folder of its own in each test.
class HubCache : public ::testing::Test {
 protected:
  HubCache() : cache_(fs::path(::testing::TempDir()) / "automodel_base_hub_cache") {
    fs::remove_all(cache_);
    fs::create_directories(cache_);
    ::setenv("HF_HUB_CACHE", cache_.c_str(), 1);
  }
  ~HubCache() override {
    ::unsetenv("HF_HUB_CACHE");
    fs::remove_all(cache_);
  }
  /// A repository in the cache whose branch main is at `commit`.
  fs::path make(const std::string& folder, const std::string& commit) const {
    fs::create_directories(cache_ / folder / "snapshots/abc123");
    fs::create_directories(cache_ / folder / "refs/refs/pr");
    write_file_atomic(cache_ / folder / "refs/main", commit);
    return cache_ / folder;
  }
  fs::path cache_;
};

TEST_F(HubCache, FollowsTheReferenceToTheSnapshot) {
  const auto folder = make("models--org--name.v1", "abc123\n");
  const HubRepo repo{.id = "org/name.v1"};
  EXPECT_EQ(hub_folder(repo), folder);
  EXPECT_EQ(cached_commit(repo), "abc123");
  EXPECT_EQ(cached_snapshot(repo), folder / "snapshots/abc123");
  EXPECT_EQ(cached_snapshot({.id = "org/name.v1", .revision = "abc123"}),
            folder / "snapshots/abc123");
  EXPECT_EQ(cached_snapshot({.id = "org/name.v1", .revision = "v2"}), std::nullopt);
  EXPECT_EQ(cached_snapshot({.id = "org/other"}), std::nullopt);
}

TEST_F(HubCache, KindsOfRepositoriesLieApart) {
  const auto folder = make("datasets--squad", "abc123");
  EXPECT_EQ(cached_snapshot({.kind = RepoKind::dataset, .id = "squad"}),
            folder / "snapshots/abc123");
  EXPECT_EQ(cached_snapshot({.id = "squad"}), std::nullopt);
  EXPECT_EQ(to_string(HubRepo{.kind = RepoKind::dataset, .id = "squad", .revision = "v1"}),
            "data set squad (revision v1)");
}

TEST_F(HubCache, BranchesMayHaveSlashes) {
  const auto folder = make("models--org--name", "abc123");
  write_file_atomic(folder / "refs/refs/pr/1", "abc123");
  EXPECT_EQ(cached_commit({.id = "org/name", .revision = "refs/pr/1"}), "abc123");
}

TEST_F(HubCache, NothingLeadsOutOfIt) {
  make("models--org--name", "../../..");
  EXPECT_EQ(cached_snapshot({.id = "org/name"}), std::nullopt);
  EXPECT_THROW(cached_snapshot({.id = "../name"}), Error);
  EXPECT_THROW(cached_snapshot({.id = "org/name", .revision = "../../x"}), Error);
  EXPECT_THROW(cached_snapshot({.id = "org/name", .revision = ""}), Error);
}

TEST(HubId, IsWhatTheHubAccepts) {
  for (const char* good : {"gpt2", "org/name", "Foo-BAR_foo.bar123/x.y"}) {
    EXPECT_TRUE(is_hub_id(good)) << good;
  }
  for (const char* bad : {"", "/name", "org/", "a/b/c", ".hidden", "-x", "x-", "a--b", "a..b",
                          "x.git", "a b", "org/na:me", "./x"}) {
    EXPECT_FALSE(is_hub_id(bad)) << bad;
  }
  EXPECT_FALSE(is_hub_id(std::string(97, 'a')));
}

TEST(HubId, CommitsAreFortyHexadecimalDigits) {
  EXPECT_TRUE(is_commit("0123456789abcdef0123456789abcdef01234567"));
  EXPECT_FALSE(is_commit("0123456789abcdef"));
  EXPECT_FALSE(is_commit("z123456789abcdef0123456789abcdef01234567"));
}

TEST(HubId, FilesAndFoldersAreNoDataSetsOfTheHub) {
  EXPECT_TRUE(names_hub_dataset("rajpurkar/squad"));
  EXPECT_TRUE(names_hub_dataset("org/name.v2"));
  EXPECT_FALSE(names_hub_dataset("data/train.jsonl"));
  EXPECT_FALSE(names_hub_dataset("data/train.feather"));
  EXPECT_FALSE(names_hub_dataset("data/train.JSONL.gz"));
  EXPECT_FALSE(names_hub_dataset("/data/train"));
  EXPECT_FALSE(names_hub_dataset("data/*"));
  const fs::path here = fs::path(::testing::TempDir()) / "automodel_dataset";
  fs::create_directories(here);
  EXPECT_FALSE(names_hub_dataset(here.string()));
}

TEST(HubCacheFolder, FollowsTheEnvironment) {
  for (const char* name : {"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME"}) {
    ::unsetenv(name);
  }
  EXPECT_TRUE(hub_cache_folder().string().ends_with("/.cache/huggingface/hub"));
  ::setenv("XDG_CACHE_HOME", "/xdg", 1);
  EXPECT_EQ(hub_cache_folder(), "/xdg/huggingface/hub");
  ::setenv("HF_HOME", "~/hf", 1);
  EXPECT_EQ(hub_home(), fs::path(std::getenv("HOME")) / "hf");
  ::setenv("HF_HOME", "${XDG_CACHE_HOME}/a/$AM_NOT_SET$", 1);
  EXPECT_EQ(hub_cache_folder(), "/xdg/a/$AM_NOT_SET$/hub");
  ::setenv("HUGGINGFACE_HUB_CACHE", "/old", 1);
  EXPECT_EQ(hub_cache_folder(), "/old");
  ::setenv("HF_HUB_CACHE", "/new", 1);
  EXPECT_EQ(hub_cache_folder(), "/new");
  for (const char* name : {"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME"}) {
    ::unsetenv(name);
  }
}

TEST_F(HubCache, ListsTheRevisionsThatItHas) {
  const auto folder = make("datasets--org--rows", "abc123");
  fs::create_directories(folder / "snapshots/def456");
  fs::create_directories(folder / "snapshots/987fed");
  write_file_atomic(folder / "refs/v1", "def456");
  write_file_atomic(folder / "refs/refs/pr/1", "abc123");
  write_file_atomic(folder / "refs/gone", "0123");
  EXPECT_THAT(cached_revisions(RepoKind::dataset, "org/rows"),
              ::testing::ElementsAre("987fed", "main", "refs/pr/1", "v1"));
  EXPECT_THAT(cached_revisions(RepoKind::dataset, "org/others"), ::testing::IsEmpty());
}

}  // namespace
}  // namespace automodel
