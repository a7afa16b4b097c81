#include "base/abandoned.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "base/file.h"
#include "base/file_lock.h"

namespace automodel {
namespace {

namespace fs = std::filesystem;

/// The number of a process that is no more.
pid_t dead_process() {
  const pid_t child = ::fork();
  if (child == 0) {
    std::_Exit(0);
  }
  ::waitpid(child, nullptr, 0);
  return child;
}

class Abandoned : public ::testing::Test {
 protected:
  Abandoned() {
    remove_tree(folder_);
    fs::create_directories(folder_);
  }
  ~Abandoned() override { remove_tree(folder_); }

  fs::path make_folder(const std::string& name) const {
    fs::create_directories(folder_ / name / "inner");
    return folder_ / name;
  }
  fs::path make_file(const std::string& name) const {
    OutputFile(folder_ / name).close();
    return folder_ / name;
  }

  fs::path folder_ = fs::path(::testing::TempDir()) / "automodel_abandoned";
  std::string dead_ = std::to_string(dead_process());
};

TEST_F(Abandoned, FilesAndFoldersOfDeadProcessesGo) {
  const auto folder = make_folder("x." + dead_);
  const auto file = make_file("y." + dead_);
  remove_abandoned(folder_, "x.");
  EXPECT_FALSE(fs::exists(folder));
  EXPECT_TRUE(fs::exists(file));
  remove_abandoned(folder_, "y.");
  EXPECT_FALSE(fs::exists(file));
}

TEST_F(Abandoned, NothingElseGoes) {
  for (const auto& name : {"x." + std::to_string(::getppid()), "x." + dead_ + "x", "x.-" + dead_,
                           std::string("x."), std::string("x.0"), "xx." + dead_}) {
    const auto path = make_file(name);
    remove_abandoned(folder_, "x.");
    EXPECT_TRUE(fs::exists(path)) << name;
  }
}

TEST_F(Abandoned, WhatAProcessHoldsStays) {
  const auto folder = make_folder("x." + dead_);
  FileLock lock(folder, "");
  ASSERT_TRUE(lock.try_take());
  remove_abandoned(folder_, "x.");
  EXPECT_TRUE(fs::exists(folder / "inner"));
}

TEST_F(Abandoned, AFolderThatIsNotThereHasNone) { remove_abandoned(folder_ / "none", "x."); }

}  // namespace
}  // namespace automodel
