#include "base/cache_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "base/error.h"
#include "base/file.h"

namespace automodel {
namespace {

/// The variables as they were, again.
class CacheFolder : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"AUTOMODEL_CACHE", "XDG_CACHE_HOME", "HOME"}) {
      const char* value = std::getenv(name);
      before_.emplace_back(name, value == nullptr ? "" : value);
      ::unsetenv(name);
    }
    std::filesystem::create_directories(root_);
  }
  void TearDown() override {
    for (const auto& [name, value] : before_) {
      if (value.empty()) {
        ::unsetenv(name.c_str());
      } else {
        ::setenv(name.c_str(), value.c_str(), 1);
      }
    }
    remove_tree(root_);
  }
  static void set(const char* name, const std::filesystem::path& value) {
    ::setenv(name, value.c_str(), 1);
  }

  std::filesystem::path root_ = std::filesystem::temp_directory_path() /
                                ("automodel_cache_test_" + std::to_string(::getpid()));

 private:
  std::vector<std::pair<std::string, std::string>> before_;
};

TEST_F(CacheFolder, TheFirstVariableThatIsSetSaysWhere) {
  set("HOME", root_ / "home");
  EXPECT_EQ(cache_folder("tokens"), root_ / "home/.cache/automodel/tokens");
  set("XDG_CACHE_HOME", root_ / "xdg");
  EXPECT_EQ(cache_folder("tokens"), root_ / "xdg/automodel/tokens");
  set("AUTOMODEL_CACHE", root_ / "own");
  EXPECT_EQ(cache_folder("tokens"), root_ / "own/tokens");
  EXPECT_TRUE(std::filesystem::is_directory(root_ / "own/tokens"));
}

TEST_F(CacheFolder, AFolderThatCannotBeMadeIsAnErrorThatSaysWhatToDo) {
  std::ofstream(root_ / "file") << "x";
  set("AUTOMODEL_CACHE", root_ / "file");
  try {
    cache_folder("tokens");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::io);
    EXPECT_THAT(error.message(), ::testing::HasSubstr("cannot make the cache folder"));
    EXPECT_THAT(error.message(), ::testing::HasSubstr("set AUTOMODEL_CACHE to a folder"));
  }
}

TEST_F(CacheFolder, ADiskWithTooLittleRoomIsAnErrorThatNamesTheVariable) {
  check_cache_space(root_, 1);
  check_cache_space(root_ / "nothing", std::uint64_t{1} << 60);
  try {
    check_cache_space(root_, std::uint64_t{1} << 60);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::io);
    EXPECT_THAT(error.message(), ::testing::HasSubstr("are to be written to " + root_.string()));
    EXPECT_THAT(error.message(), ::testing::HasSubstr("let AUTOMODEL_CACHE name a folder"));
  }
}

}  // namespace
}  // namespace automodel
