#pragma once
// What the tests of data share: scratch files, caught errors, data sets of numbers.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <string>

#include "base/error.h"
#include "data/dataset.h"

namespace automodel::data {

/// A folder of its own for the running test, removed at the end.
class ScratchFolder {
 public:
  ScratchFolder()
      : path_(std::filesystem::temp_directory_path() /
              fmt::format("automodel_data_{}_{}", ::getpid(),
                          ::testing::UnitTest::GetInstance()->current_test_info()->name())) {
    std::filesystem::create_directories(path_);
  }
  ~ScratchFolder() { std::filesystem::remove_all(path_); }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  std::string path(const std::string& name) const { return (path_ / name).string(); }
  std::string path() const { return path_.string(); }
  std::string write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name, std::ios::binary) << text;
    return path(name);
  }

 private:
  std::filesystem::path path_;
};

/// The message of the Error that `call` throws, or "no error".
inline std::string error_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.message();
  }
  return "no error";
}

/// Row i is one document of 2 + i % 3 tokens, all i; rows of `bad` throw.
class NumberRows : public Dataset {
 public:
  explicit NumberRows(std::int64_t size, std::set<std::int64_t> bad = {})
      : size_(size), bad_(std::move(bad)) {}

  std::int64_t size() const override { return size_; }
  TokenizedSample sample(std::int64_t index) const override {
    check(!bad_.contains(index), ErrorKind::corrupt_data, "{}: bad row", location(index));
    const auto length = static_cast<std::size_t>(2 + index % 3);
    TokenizedSample sample;
    append_document(sample, std::vector<std::int32_t>(length, static_cast<std::int32_t>(index)),
                    std::vector<std::uint8_t>(length, 1));
    return sample;
  }
  std::string location(std::int64_t index) const override {
    return fmt::format("numbers:{}", index + 1);
  }
  std::uint64_t content_hash() const override { return static_cast<std::uint64_t>(size_); }

 private:
  std::int64_t size_;
  std::set<std::int64_t> bad_;
};

}  // namespace automodel::data
