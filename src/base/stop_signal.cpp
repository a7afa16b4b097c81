#include "base/stop_signal.h"

#include <fmt/format.h>
#include <pthread.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <utility>

namespace automodel {

StopSignal::StopSignal(const std::vector<int>& signals, std::function<void(int)> on_first)
    : on_first_(std::move(on_first)) {
  sigemptyset(&signals_);
  for (const int signal : signals) {
    sigaddset(&signals_, signal);
  }
  pthread_sigmask(SIG_BLOCK, &signals_, &before_);
  watcher_ = std::jthread([this](const std::stop_token& stop) { watch(stop); });
}

StopSignal::~StopSignal() {
  watcher_.request_stop();
  watcher_.join();
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

std::optional<int> StopSignal::received() const {
  const int signal = received_.load();
  return signal == 0 ? std::nullopt : std::optional(signal);
}

void StopSignal::watch(const std::stop_token& stop) {
  using Clock = std::chrono::steady_clock;
  constexpr timespec kPatience{.tv_sec = 0, .tv_nsec = 50'000'000};
  Clock::time_point first;
  while (!stop.stop_requested()) {
    const int signal = sigtimedwait(&signals_, nullptr, &kPatience);
    if (signal <= 0) {
      continue;  // nothing yet
    }
    if (received_.load() != 0) {
      if (Clock::now() - first < kSameRequest) {
        continue;
      }
      _exit(128 + signal);
    }
    first = Clock::now();
    received_.store(signal);
    on_first_(signal);
  }
}

void StopSignal::tell_stopping(int signal) {
  // The terminal may be gone by now, or the program that reads: fmt::print would throw.
  std::fputs(
      fmt::format("\n{}: stopping after this step; once more stops at once\n", strsignal(signal))
          .c_str(),
      stderr);
}

bool StopSignal::is_ignored(int signal) {
  struct sigaction action{};
  return ::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

}  // namespace automodel
