// Killed at any moment, a full disk, no permission: the last good checkpoint stays.

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include <random>

#include "base/file.h"
#include "checkpoint/store.h"
#include "tests/checkpoint/in_child.h"
#include "tests/checkpoint/tiny_model.h"
#include "tests/tensor/expect_error.h"

namespace automodel::checkpoint {
namespace {

using automodel::testing::expect_error;
using automodel::testing::run_in_child;
using automodel::testing::start_child;
using automodel::testing::TemporaryFolder;
using automodel::testing::wait_for;
using automodel::testing::write_text;
namespace fs = std::filesystem;

constexpr std::size_t kFileBytes = 300'000;

/// Two files whose content is a function of the step.
void save(CheckpointStore& store, std::int64_t step) {
  store.save({.epoch = 0,
              .step = step,
              .validation_loss = ValidationLoss{1.0 / static_cast<double>(step + 1)},
              .config_yaml = std::to_string(step),
              .write_model = [step](const fs::path& folder) {
                write_text(folder / "weights",
                           std::string(kFileBytes, static_cast<char>('a' + step % 26)));
              }});
}

void expect_whole(const Checkpoint& checkpoint) {
  const auto step = std::stoll(read_file(checkpoint.path / "config.yaml"));
  EXPECT_EQ(step, checkpoint.manifest.step);
  EXPECT_EQ(read_file(checkpoint.path / "model/weights"),
            std::string(kFileBytes, static_cast<char>('a' + step % 26)));
}

/// The checkpoint that a new run would continue from; the folder holds nothing unfinished.
Checkpoint last_good(const fs::path& folder) {
  const CheckpointStore store({.folder = folder});
  const auto found = store.find(std::nullopt);
  check(found.checkpoint.has_value() && found.warnings.empty(), ErrorKind::internal,
        "no good checkpoint");
  expect_whole(*found.checkpoint);
  EXPECT_EQ(fs::canonical(folder / "LATEST"), found.checkpoint->path);
  EXPECT_EQ(fs::canonical(folder / "LOWEST_VAL"), found.checkpoint->path);
  for (const auto& entry : fs::directory_iterator(folder)) {
    const auto name = entry.path().filename().string();
    EXPECT_TRUE(name == ".lock" || name.front() != '.') << name;
  }
  return *found.checkpoint;
}

/// Saves step after step until it is killed, after `delay` microseconds.
void save_until_killed(const fs::path& folder, std::int64_t step, useconds_t delay) {
  const pid_t child = start_child([&] {
    CheckpointStore store({.folder = folder, .max_recent = 2});
    for (std::int64_t next = step + 1;; ++next) {
      save(store, next);
    }
  });
  ::usleep(delay);
  ::kill(child, SIGKILL);
  EXPECT_EQ(wait_for(child), -SIGKILL);
}

TEST(StoreFaults, KilledAtAnyMomentKeepsTheLastGoodCheckpoint) {
  const TemporaryFolder folder;
  {
    CheckpointStore store({.folder = folder.path(), .max_recent = 2});
    save(store, 0);
  }
  std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same moments in each run
  std::int64_t step = 0;
  useconds_t longest = 8'000;  // microseconds; longer while no save gets done, on a busy machine
  for (int round = 0; round < 50; ++round) {
    const auto delay = std::uniform_int_distribution<useconds_t>(1'000, longest)(random);
    save_until_killed(folder.path(), step, delay);
    const auto reached = last_good(folder.path()).manifest.step;
    ASSERT_GE(reached, step);
    longest = reached > step ? longest : longest + longest / 4;
    step = reached;
  }
  EXPECT_GE(step, 5);  // children did get to save
}

TEST(StoreFaults, FullDiskKeepsTheLastGoodCheckpoint) {
  const TemporaryFolder folder;
  const int code = run_in_child([&] {
    // A mount of this process alone, gone with it.
    if (::unshare(CLONE_NEWNS) != 0 ||
        ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("tmpfs", folder.path().c_str(), "tmpfs", 0, "size=700k") != 0) {
      std::_Exit(77);
    }
    CheckpointStore store({.folder = folder.path()});
    save(store, 0);
    save(store, 1);
    expect_error(ErrorKind::io, "No space left on device. Free some space",
                 [&] { save(store, 2); });
    EXPECT_EQ(store.find(std::nullopt).checkpoint->manifest.step, 1);
    ASSERT_FALSE(remove_tree(folder / "epoch_0_step_0"));
    save(store, 2);
    expect_whole(*store.find("LATEST").checkpoint);
  });
  if (code == 77) {
    GTEST_SKIP() << "may not mount";
  }
  EXPECT_EQ(code, 0);
}

TEST(StoreFaults, WriteErrorKeepsTheLastGoodCheckpoint) {
  const TemporaryFolder folder;
  EXPECT_EQ(run_in_child([&] {
              CheckpointStore store({.folder = folder.path()});
              save(store, 0);
              ::signal(SIGXFSZ, SIG_IGN);
              const rlimit limit{kFileBytes / 2, kFileBytes / 2};
              ::setrlimit(RLIMIT_FSIZE, &limit);
              expect_error(ErrorKind::io, "File too large", [&] { save(store, 1); });
            }),
            0);
  EXPECT_EQ(last_good(folder.path()).manifest.step, 0);
}

TEST(StoreFaults, FolderWithoutPermissionIsNamed) {
  const TemporaryFolder folder;
  const auto try_to_write = [&] {
    const auto read_only = static_cast<fs::perms>(0555);
    fs::create_directory(folder / "mine");
    fs::permissions(folder / "mine", read_only);
    fs::permissions(folder.path(), read_only);
    if (::getuid() == 0) {
      ASSERT_EQ(::setuid(65534), 0);  // root may write anywhere
    }
    expect_error(ErrorKind::io, "Permission denied. Choose another folder",
                 [&] { const CheckpointStore store({.folder = folder / "mine"}); });
    expect_error(ErrorKind::io, "Permission denied. Choose one that you may write to",
                 [&] { const CheckpointStore store({.folder = folder / "mine/run"}); });
  };
  EXPECT_EQ(run_in_child(try_to_write), 0);
  fs::permissions(folder.path(), fs::perms::owner_all);
}

}  // namespace
}  // namespace automodel::checkpoint
