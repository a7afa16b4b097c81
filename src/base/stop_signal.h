#pragma once
// Signals that ask a long run to stop at the next good moment.

#include <atomic>
#include <chrono>
#include <csignal>
#include <functional>
#include <optional>
#include <thread>
#include <vector>

namespace automodel {

/// While alive, the given signals no longer end the process: the first one is remembered and given
/// to `on_first`, on a thread of its own, a second one ends the process at once with 128 + its
/// number. Those that follow the first within kSameRequest are the same request: `timeout`,
/// schedulers and terminals signal a process by itself and once more with its group.
/// Make it before any other thread, on the main thread: threads inherit which signals are blocked.
class StopSignal {
 public:
  explicit StopSignal(const std::vector<int>& signals,
                      std::function<void(int)> on_first = tell_stopping);
  /// From here on signals act as before.
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  static constexpr std::chrono::milliseconds kSameRequest{1000};

  /// Says on stderr that the run stops after its step.
  static void tell_stopping(int signal);
  /// Whether who started the process wants it to ignore the signal, as nohup does.
  static bool is_ignored(int signal);

  /// The first signal that arrived.
  std::optional<int> received() const;

 private:
  void watch(const std::stop_token& stop);

  sigset_t signals_{};
  sigset_t before_{};
  std::function<void(int)> on_first_;
  std::atomic<int> received_{0};
  std::jthread watcher_;  // last: it uses all of the above
};

}  // namespace automodel
