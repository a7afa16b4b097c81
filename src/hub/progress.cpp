#include "hub/progress.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace automodel::hub {
namespace {

constexpr std::chrono::milliseconds kBetweenDrawings{200};
constexpr const char* kEraseLine = "\r\033[K";

std::string bytes_text(std::int64_t count) {
  return human_bytes(static_cast<std::uint64_t>(std::max<std::int64_t>(count, 0)));
}

}  // namespace

Progress::Progress(std::FILE* out, bool is_terminal)
    : out_(out), is_terminal_(is_terminal), started_(Clock::now()) {}

void Progress::start(const std::string& what, std::int64_t num_files, std::int64_t num_bytes) {
  const std::scoped_lock lock(mutex_);
  total_ = num_bytes;
  started_ = Clock::now();
  write_line(fmt::format("downloading {}: {} file{}, {}", what, num_files,
                         num_files == 1 ? "" : "s", bytes_text(num_bytes)));
}

void Progress::add(std::int64_t num_bytes) {
  const std::scoped_lock lock(mutex_);
  done_ += num_bytes;
  arrived_ += std::max<std::int64_t>(num_bytes, 0);
  if (is_terminal_ && Clock::now() - drawn_ >= kBetweenDrawings) {
    draw();
  }
}

void Progress::finish_file(const std::string& name, std::int64_t num_bytes) {
  const std::scoped_lock lock(mutex_);
  write_line(fmt::format("downloaded {} ({})", name, bytes_text(num_bytes)));
}

void Progress::note(const std::string& text) {
  const std::scoped_lock lock(mutex_);
  write_line(text);
}

void Progress::draw() {
  drawn_ = Clock::now();
  const double seconds = std::chrono::duration<double>(drawn_ - started_).count();
  const double rate = static_cast<double>(arrived_) / std::max(seconds, 1e-3);
  const auto left = static_cast<double>(std::max<std::int64_t>(total_ - done_, 0));
  fmt::print(out_, "{}{} of {}, {}/s, {} left", kEraseLine, bytes_text(done_), bytes_text(total_),
             bytes_text(static_cast<std::int64_t>(rate)),
             rate > 0 ? human_duration(left / rate) : "?");
  std::fflush(out_);
}

void Progress::write_line(const std::string& text) {
  fmt::print(out_, "{}{}\n", is_terminal_ ? kEraseLine : "", text);
  std::fflush(out_);
}

}  // namespace automodel::hub
