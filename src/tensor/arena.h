#pragma once
// Memory for large buffers that is kept and reused instead of going back to the kernel after each
// use: fresh 4-KiB pages cost a third of a second for each gigabyte.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

#include "tensor/best_fit_heap.h"

namespace automodel {

struct ArenaStats {
  std::size_t live_bytes = 0;       // handed out
  std::size_t peak_live_bytes = 0;  // the most since the start or the last reset_peak()
  std::size_t reserved_bytes = 0;   // whole pages that may be resident
  std::size_t peak_reserved_bytes = 0;
};

inline constexpr std::size_t kArenaAlignment = 64;
/// The unit in which memory is taken and given back: a huge page.
inline constexpr std::size_t kArenaPageBytes = std::size_t{2} << 20;
/// Blocks of a page and more are that much longer than asked for, so that those of one size do not
/// lie at multiples of a power of two: what reads several side by side would find them in the same
/// lines of caches and the same rows of memory. On an AMD Zen 4, Adam over tensors of 768 MiB took
/// six times as long.
inline constexpr std::size_t kArenaStagger = (16 << 10) + 256;

struct ArenaOptions {
  /// More is never taken, so that an error can say what to change before the kernel kills the
  /// process.
  std::size_t limit_bytes = SIZE_MAX;
  /// The same for the moment, given what is taken: what else holds memory changes. Asked again when
  /// half of what was left has been taken. Null: limit_bytes alone counts.
  std::function<std::size_t(std::size_t taken_bytes)> limit_now = nullptr;
  /// Address space, which costs nothing; the largest half, quarter, ... that the system grants.
  std::size_t address_bytes = std::size_t{1} << 38;
  /// Of the free memory this share of the most that was ever live is kept; beyond it free pages go
  /// back to the kernel before new ones are taken. So fragmentation costs time, not memory.
  double idle_share = 0.05;
};

/// A heap of whole huge pages where the kernel has them. All methods may be called from any thread.
class Arena {
 public:
  /// Throws Error(out_of_memory) if the system grants no address space.
  explicit Arena(const ArenaOptions& options);
  /// Unmaps everything, also what is still handed out.
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  /// At least `bytes` > 0, aligned to kArenaAlignment, not cleared. Null if the limit, the system
  /// or the address space does not allow it.
  void* allocate(std::size_t bytes);
  /// Does the pointer lie in the arena? Takes no lock.
  bool owns(const void* pointer) const;
  /// Takes back what allocate() returned. Throws Error(internal) for any other pointer.
  void free(void* pointer);

  ArenaStats stats() const;
  /// The peaks start anew from what is live and reserved now.
  void reset_peak();

  /// Between these two no other thread is inside: for fork().
  void lock() { mutex_.lock(); }
  void unlock() { mutex_.unlock(); }

 private:
  using Range = BestFitHeap::Range;

  bool take_pages(const Range& range);
  std::size_t most_pages(std::size_t num_new);
  bool make_writable(std::size_t end);
  std::size_t release(std::size_t num_pages);
  std::size_t release_inside(const Range& range, std::size_t num_pages);
  std::size_t num_kept_pages() const;

  ArenaOptions options_;
  void* mapping_ = nullptr;
  std::size_t mapping_bytes_ = 0;
  std::byte* base_ = nullptr;  // page-aligned
  std::size_t writable_ = 0;   // [0, writable_) of base_ can be used
  mutable std::mutex mutex_;
  BestFitHeap heap_;
  std::vector<bool> taken_;  // by page: may it be resident?
  std::size_t num_taken_ = 0;
  std::size_t num_granted_ = 0;  // that may be taken before limit_now is asked again
  std::size_t peak_taken_ = 0;
  std::size_t peak_live_ = 0;     // since reset_peak()
  std::size_t highest_live_ = 0;  // ever
};

}  // namespace automodel
