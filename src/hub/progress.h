#pragma once
// How far a download is, on standard error.

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <mutex>
#include <string>

namespace automodel::hub {

/// On a terminal one line that changes; else one line for each file. All functions may be called
/// from several threads at once.
class Progress {
 public:
  Progress(std::FILE* out, bool is_terminal);

  /// "org/name: 3 files, 1.2 GiB".
  void start(const std::string& what, std::int64_t num_files, std::int64_t num_bytes);
  /// Bytes that arrived; below 0: that were thrown away.
  void add(std::int64_t num_bytes);
  void finish_file(const std::string& name, std::int64_t num_bytes);
  /// A line of its own, such as that of a retry.
  void note(const std::string& text);

 private:
  using Clock = std::chrono::steady_clock;

  void draw();
  void write_line(const std::string& text);

  std::mutex mutex_;
  std::FILE* out_;
  bool is_terminal_;
  std::int64_t total_ = 0;
  std::int64_t done_ = 0;
  std::int64_t arrived_ = 0;  // since the start, by which the rate goes
  Clock::time_point started_;
  Clock::time_point drawn_;
};

}  // namespace automodel::hub
