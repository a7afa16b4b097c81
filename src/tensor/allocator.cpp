#include "tensor/allocator.h"

#include <c10/core/CPUAllocator.h>
#include <malloc.h>
#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <memory>

#include "base/cores.h"
#include "base/error.h"
#include "base/free_memory.h"
#include "base/text.h"

namespace automodel {
namespace {

/// Smaller blocks stay with malloc, whose per-thread caches are quicker than one lock.
constexpr std::size_t kMinArenaBytes = std::size_t{1} << 16;

/// Times the memory that the process may use: fragments take address space, not memory.
constexpr std::size_t kAddressShare = 4;

[[noreturn]] void fail_out_of_memory(std::size_t bytes, const AllocatorStats& held,
                                     std::size_t usable) {
  const std::size_t unused = usable - std::min(usable, held.reserved_bytes);
  fail(ErrorKind::out_of_memory,
       "out of memory: a tensor of {} does not fit beside the {} that tensors hold: of the {} that "
       "this process may use, {} are free; reduce step_scheduler.local_batch_size or the sequence "
       "length, turn on activation checkpointing, or train an adapter (section peft)",
       human_bytes(bytes), human_bytes(held.live_bytes), human_bytes(usable),
       human_bytes(std::min(unused, std::size_t{free_memory_bytes()})));
}

/// Large blocks from the arena, small ones from malloc.
class TensorMemory {
 public:
  TensorMemory()
      : usable_bytes_(usable_memory_bytes()), arena_(tensor_arena_options(usable_bytes_)) {}

  void* allocate(std::size_t bytes) {
    void* block = bytes < kMinArenaBytes ? allocate_small(bytes) : arena_.allocate(bytes);
    if (block == nullptr) {
      fail_out_of_memory(bytes, stats(), usable_bytes_);
    }
    return block;
  }
  /// Also takes what another allocator got from malloc: LibTorch frees oneDNN's blocks through the
  /// allocator of the day.
  void free(void* block) {
    if (arena_.owns(block)) {
      arena_.free(block);
      return;
    }
    small_bytes_.fetch_sub(::malloc_usable_size(block), std::memory_order_relaxed);
    std::free(block);
  }
  AllocatorStats stats() const {
    const ArenaStats arena = arena_.stats();
    const std::size_t small = small_bytes_.load(std::memory_order_relaxed);
    return {.live_bytes = arena.live_bytes + small,
            .peak_live_bytes = arena.peak_live_bytes + small,
            .reserved_bytes = arena.reserved_bytes + small};
  }
  Arena& arena() { return arena_; }

 private:
  void* allocate_small(std::size_t bytes) {
    void* block = nullptr;
    if (::posix_memalign(&block, kArenaAlignment, bytes) != 0) {
      return nullptr;
    }
    small_bytes_.fetch_add(::malloc_usable_size(block), std::memory_order_relaxed);
    return block;
  }

  std::size_t usable_bytes_;
  Arena arena_;
  std::atomic<std::size_t> small_bytes_ = 0;
};

/// LibTorch frees through a plain function pointer, so the function must find the memory by itself.
/// Never destroyed: tensors may outlive every static object.
TensorMemory& tensor_memory() {
  static TensorMemory& memory = *std::make_unique<TensorMemory>().release();
  return memory;
}

void free_block(void* block) {
  if (block != nullptr) {
    tensor_memory().free(block);
  }
}

class ArenaAllocator final : public c10::Allocator {
 public:
  c10::DataPtr allocate(std::size_t bytes) override {
    void* block = bytes == 0 ? nullptr : tensor_memory().allocate(bytes);
    return {block, block, &free_block, c10::Device(c10::DeviceType::CPU)};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &free_block; }
  void copy_data(void* to, const void* from, std::size_t bytes) const override {
    default_copy_data(to, from, bytes);
  }
};

/// A child of fork() must not inherit a lock that a thread it does not have was holding.
void survive_fork() {
  ::pthread_atfork([] { tensor_memory().arena().lock(); }, [] { tensor_memory().arena().unlock(); },
                   [] { tensor_memory().arena().unlock(); });
}

bool is_installed() { return dynamic_cast<ArenaAllocator*>(c10::GetCPUAllocator()) != nullptr; }

}  // namespace

ArenaOptions tensor_arena_options(std::size_t usable_bytes, const std::filesystem::path& root) {
  const auto before = anonymous_memory_bytes(root);  // no tensor's
  const auto limit_now = [before, root](std::size_t taken) {
    const auto held = anonymous_memory_bytes(root);
    // Pages that were taken and not written yet will come out of what is free, too.
    const std::size_t written =
        before && held ? std::min<std::size_t>(taken, *held - std::min(*held, *before)) : taken;
    return written + std::min<std::size_t>(free_memory_bytes(root), SIZE_MAX - written);
  };
  return {.limit_bytes = usable_bytes,
          .limit_now = limit_now,
          .address_bytes = std::max(ArenaOptions().address_bytes, kAddressShare * usable_bytes)};
}

void install_arena_allocator() {
  constexpr std::uint8_t kPriority = 10;
  static ArenaAllocator allocator;
  if (!is_installed()) {
    tensor_memory();
    survive_fork();
    c10::SetCPUAllocator(&allocator, kPriority);
  }
}

AllocatorStats allocator_stats() {
  return is_installed() ? tensor_memory().stats() : AllocatorStats{};
}

void reset_allocator_peak() {
  if (is_installed()) {
    tensor_memory().arena().reset_peak();
  }
}

}  // namespace automodel
