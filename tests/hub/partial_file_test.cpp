#include "hub/partial_file.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "base/file.h"

namespace automodel::hub {
namespace {

namespace fs = std::filesystem;

/// "hello\n" and its git hash.
const RepoFile kFile{
    .path = "x.txt", .size = 6, .blob_id = "ce013625030ba8dba906f756967f9e9ca394464a"};

class Partial : public ::testing::Test {
 protected:
  Partial() : folder_(fs::path(::testing::TempDir()) / "automodel_hub_partial") {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  fs::path folder_, part_ = folder_ / "part", whole_ = folder_ / "whole";
};

TEST_F(Partial, BecomesTheFileWhenAllIsThere) {
  PartialFile partial(part_, kFile);
  partial.append("hel");
  EXPECT_FALSE(partial.finish(whole_));
  partial.append("lo\n");
  EXPECT_TRUE(partial.finish(whole_));
  EXPECT_EQ(read_file(whole_), "hello\n");
  EXPECT_FALSE(fs::exists(part_));
}

TEST_F(Partial, GoesOnWithWhatAnEarlierOneLeft) {
  {
    PartialFile(part_, kFile).append("hell");
  }
  PartialFile partial(part_, kFile);
  EXPECT_EQ(partial.size(), 4);
  partial.append("o\n");
  EXPECT_TRUE(partial.finish(whole_));
}

TEST_F(Partial, TwoThatNoLockKeepsApartMakeOneFile) {
  PartialFile one(part_, kFile), other(part_, kFile);
  one.append("hel");
  other.append("hell");
  one.append("lo\n");
  EXPECT_TRUE(one.finish(whole_));
  other.append("o\n");
  EXPECT_TRUE(other.finish(whole_));
  EXPECT_EQ(read_file(whole_), "hello\n");
}

TEST_F(Partial, ClearedOneStartsAnew) {
  write_file_atomic(part_, "HELL");
  PartialFile partial(part_, kFile);
  partial.append("o\n");
  EXPECT_FALSE(partial.finish(whole_));
  partial.clear();
  EXPECT_EQ(partial.size(), 0);
  partial.append("hello\n");
  EXPECT_TRUE(partial.finish(whole_));
}

TEST_F(Partial, MoreThanTheFileHasIsNotKept) {
  write_file_atomic(part_, "hello\nhello\n");
  PartialFile partial(part_, kFile);
  EXPECT_EQ(partial.size(), 0);
  try {
    partial.append("1234567");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::corrupt_data);
    EXPECT_THAT(error.what(), ::testing::HasSubstr("sends more of x.txt than the 6 bytes"));
  }
}

TEST_F(Partial, FullDiskSaysWhatToDo) {
  fs::create_symlink("/dev/full", part_);
  PartialFile partial(part_, kFile);
  try {
    partial.append("hello\n");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::io);
    EXPECT_THAT(error.what(), ::testing::HasSubstr("No space left on device. Free some space, or "
                                                   "let HF_HOME name a folder on another disk"));
  }
}

}  // namespace
}  // namespace automodel::hub
