#include "base/child.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <iterator>
#include <stdexcept>
#include <vector>

#include "base/error.h"

namespace automodel {
namespace {

std::optional<std::string> said(const std::vector<std::string>& words) { return output_of(words); }

TEST(OutputOf, IsWhatTheProgramPrints) {
  EXPECT_EQ(said({"printf", "%s|%s", "it's", "a b$HOME"}), "it's|a b$HOME");
}

TEST(OutputOf, NothingIfItFails) {
  EXPECT_EQ(said({"false"}), std::nullopt);
  EXPECT_EQ(said({"no-such-program-here"}), std::nullopt);
}

ChildEnd run(const std::string& script, std::string& out) {
  const std::vector<std::string> words = {"/bin/sh", "-c", script};
  return run_child(words, [&](std::string_view piece) { out += piece; });
}

TEST(RunChild, GivesWhatTheProgramSaysAndHowItEnded) {
  std::string out;
  const ChildEnd end = run("printf 'a b'; echo why >&2; exit 3", out);
  EXPECT_EQ(out, "a b");
  EXPECT_EQ(end.code, 3);
  EXPECT_EQ(end.errors, "why\n");
  EXPECT_EQ(run("kill -9 $$", out).code, 128 + 9);
}

TEST(RunChild, HangsOnNeitherOutput) {
  std::string out;
  const ChildEnd end = run("yes | head -c 300000 >&2; yes | head -c 300000", out);
  EXPECT_EQ(end.code, 0);
  EXPECT_EQ(out.size(), 300000U);
  EXPECT_FALSE(end.errors.empty());
}

/// Where the cause stands.
TEST(RunChild, KeepsTheEndOfWhatItSays) {
  std::string out;
  const ChildEnd end = run("yes | head -c 300000 >&2; echo why >&2", out);
  EXPECT_EQ(end.errors.size(), 65536U);
  EXPECT_TRUE(end.errors.ends_with("y\nwhy\n"));
}

std::ptrdiff_t num_open_files() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
}

TEST(RunChild, LeavesNoPipeOpen) {
  const auto before = num_open_files();
  const std::vector<std::string> words = {"/no/such/program"};
  EXPECT_THROW(run_child(words, [](std::string_view) {}), Error);
  EXPECT_EQ(num_open_files(), before);
}

TEST(RunChild, EndsWithTheOneWhoReads) {
  const std::vector<std::string> words = {"/bin/sh", "-c", "yes"};
  EXPECT_THROW(run_child(words, [](std::string_view) { throw std::runtime_error("enough"); }),
               std::runtime_error);
}

TEST(RunChild, AProgramThatIsNotThereIsAnError) {
  const std::vector<std::string> words = {"/no/such/program"};
  try {
    run_child(words, [](std::string_view) {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.message(), "cannot start /no/such/program: No such file or directory");
  }
}

TEST(BesideProgram, IsInTheFolderOfThisOne) {
  const auto path = beside_program("base_tests");
  EXPECT_TRUE(std::filesystem::exists(path)) << path;
}

}  // namespace
}  // namespace automodel
