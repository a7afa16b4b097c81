#include "base/file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <thread>

#include "base/error.h"

namespace automodel {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class FileTest : public ::testing::Test {
 protected:
  FileTest()
      : folder_(fs::temp_directory_path() /
                fmt::format("automodel_file_{}_{}", ::getpid(),
                            ::testing::UnitTest::GetInstance()->current_test_info()->name())) {
    fs::create_directories(folder_);
  }
  ~FileTest() override { fs::remove_all(folder_); }

  std::size_t num_files() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder_), {}));
  }

  fs::path folder_;
};

/// The error of a call that must fail.
template <typename Call>
Error error_of(Call call) {
  try {
    call();
  } catch (const Error& error) {
    return error;
  }
  throw std::logic_error("no error was thrown");
}

TEST_F(FileTest, ReadsWhatWasWrittenByteForByte) {
  const std::string bytes("a\0b\n\xff", 5);
  write_file_atomic(folder_ / "x", bytes);
  EXPECT_EQ(read_file(folder_ / "x"), bytes);
  EXPECT_EQ(MappedFile(folder_ / "x").text(), bytes);
  write_file_atomic(folder_ / "x", "");
  EXPECT_EQ(read_file(folder_ / "x"), "");
  EXPECT_TRUE(MappedFile(folder_ / "x").bytes().empty());
}

TEST_F(FileTest, WhoMayUseItIsTheUsersChoice) {
  const mode_t before = ::umask(002);
  write_file_atomic(folder_ / "file", "1");
  ::umask(before);
  EXPECT_EQ(std::filesystem::status(folder_ / "file").permissions(), std::filesystem::perms(0664));
}

TEST_F(FileTest, TwoWritersOfOneFileDoNotMeet) {
  // As processes with the same number in different containers.
  AtomicFile first(folder_ / "x"), second(folder_ / "x");
  first.write("one");
  second.write("two");
  first.commit();
  EXPECT_EQ(read_file(folder_ / "x"), "one");
  second.commit();
  EXPECT_EQ(read_file(folder_ / "x"), "two");
  EXPECT_EQ(num_files(), 1U);
}

TEST_F(FileTest, WhatKilledWritersLeftIsRemovedWhateverItsName) {
  constexpr int kNoProcess = 1 << 22;  // the least number that none has
  for (const char* name : {"a", "b.c"}) {
    write_file_atomic(folder_ / fmt::format("{}.tmp{}", name, kNoProcess), "left");
  }
  AtomicFile written(folder_ / "d");
  write_file_atomic(folder_ / "e.tmp", "no number");
  remove_abandoned_files(folder_);
  EXPECT_EQ(num_files(), 2U);
  remove_abandoned_files(folder_ / "none");
}

TEST(FileName, StaysInsideOrLeaves) {
  for (const char* name : {"a", "a/b", "a.b", "..a", "./a"}) {
    EXPECT_TRUE(stays_inside(name)) << name;
  }
  for (const char* name : {"", ".", "..", "/a", "../a", "a/../b", "a/..", "a/"}) {
    EXPECT_FALSE(stays_inside(name)) << name;
    EXPECT_FALSE(is_file_name(name)) << name;
  }
  EXPECT_TRUE(is_file_name("a.b"));
  EXPECT_FALSE(is_file_name("a/b"));
  EXPECT_FALSE(is_file_name(std::string("a\0b", 3)));
}

TEST_F(FileTest, AtomicWriteLeavesNoTemporaryFile) {
  write_file_atomic(folder_ / "x", "one");
  write_file_atomic(folder_ / "x", "two");
  EXPECT_EQ(read_file(folder_ / "x"), "two");
  EXPECT_EQ(num_files(), 1U);
}

TEST_F(FileTest, AtomicWriteRemovesWhatADeadProcessLeftOfTheSameFile) {
  const pid_t dead = ::fork();
  if (dead == 0) {
    std::_Exit(0);
  }
  ::waitpid(dead, nullptr, 0);
  const auto left = [&](const std::string& name, pid_t process) {
    return folder_ / fmt::format("{}.tmp{}", name, process);
  };
  for (const auto& file : {left("a", dead), left("a", ::getppid()), left("b", dead)}) {
    OutputFile(file).close();
  }
  write_file_atomic(folder_ / "a", "1");
  EXPECT_FALSE(fs::exists(left("a", dead)));
  EXPECT_TRUE(fs::exists(left("a", ::getppid())));
  EXPECT_TRUE(fs::exists(left("b", dead)));
}

TEST_F(FileTest, AtomicWriteOverAFolderFailsAndCleansUp) {
  fs::create_directories(folder_ / "x/inside");
  const Error error = error_of([&] { write_file_atomic(folder_ / "x", "one"); });
  EXPECT_EQ(error.kind(), ErrorKind::io);
  EXPECT_THAT(error.message(), HasSubstr("cannot write " + (folder_ / "x").string()));
  EXPECT_EQ(num_files(), 1U);
}

TEST_F(FileTest, ReleasedPagesOfAMapComeBack) {
  write_file_atomic(folder_ / "x", std::string(100000, 'x'));
  const MappedFile file(folder_ / "x");
  const std::string before(file.text());
  file.release_pages();
  EXPECT_EQ(file.text(), before);
}

TEST_F(FileTest, MapMovesWithItsBytes) {
  write_file_atomic(folder_ / "x", "mapped");
  MappedFile first(folder_ / "x");
  const MappedFile second = std::move(first);
  EXPECT_EQ(second.text(), "mapped");
  EXPECT_EQ(second.path(), folder_ / "x");
}

TEST_F(FileTest, AFileSystemMayFlushNoFolders) {
  const int folder = ::open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  ASSERT_EQ(::fsync(folder), -1);
  EXPECT_EQ(errno, EINVAL);
  ::close(folder);
  EXPECT_NO_THROW(sync_path("/proc"));
}

TEST_F(FileTest, AMissingFileIsNamed) {
  const fs::path missing = folder_ / "missing";
  for (const Error& error :
       {error_of([&] { read_file(missing); }), error_of([&] { MappedFile{missing}; }),
        error_of([&] { OutputFile{missing / "below"}; })}) {
    EXPECT_EQ(error.kind(), ErrorKind::not_found);
    EXPECT_THAT(error.message(), HasSubstr(missing.string()));
    EXPECT_THAT(error.message(), HasSubstr("No such file or directory"));
  }
}

TEST_F(FileTest, AFolderIsNoFile) {
  const Error error = error_of([&] { read_file(folder_); });
  EXPECT_EQ(error.kind(), ErrorKind::io);
  EXPECT_THAT(error.message(), HasSubstr("it is not a regular file"));
}

TEST_F(FileTest, ATreeIsRemovedButNotWhatItsLinksLeadTo) {
  namespace fs = std::filesystem;
  fs::create_directories(folder_ / "tree/a/b");
  OutputFile(folder_ / "tree/a/file").write("x");
  OutputFile(folder_ / "kept").write("x");
  fs::create_symlink(folder_ / "kept", folder_ / "tree/link");
  EXPECT_FALSE(remove_tree(folder_ / "tree"));
  EXPECT_FALSE(fs::exists(folder_ / "tree"));
  EXPECT_TRUE(fs::exists(folder_ / "kept"));
  EXPECT_FALSE(remove_tree(folder_ / "nothing here"));
  EXPECT_TRUE(remove_tree("/proc/self/status"));
}

TEST_F(FileTest, TwoMayRemoveTheSameTree) {
  constexpr int kRounds = 20;
  constexpr int kFiles = 200;
  for (int round = 0; round < kRounds; ++round) {
    for (int i = 0; i < kFiles; ++i) {
      fs::create_directories(folder_ / "tree/a");
      OutputFile(folder_ / fmt::format("tree/a/{}", i)).write("x");
    }
    std::error_code others = std::make_error_code(std::errc::interrupted);
    std::jthread other([&] { others = remove_tree(folder_ / "tree"); });
    EXPECT_FALSE(remove_tree(folder_ / "tree"));
    EXPECT_FALSE(fs::exists(folder_ / "tree"));
    other.join();
    EXPECT_FALSE(others);
  }
}

TEST_F(FileTest, AFullDiskSaysSo) {
  OutputFile file("/dev/full");
  const Error error = error_of([&] { file.write("x"); });
  EXPECT_EQ(error.kind(), ErrorKind::io);
  EXPECT_THAT(error.message(), HasSubstr("No space left on device. Free some space"));
}

}  // namespace
}  // namespace automodel
