#include "pretended_gpu/memory.h"

#include <c10/util/Exception.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <mutex>

namespace automodel::testing {
namespace {

// Of addresses; memory is taken as it is touched.
constexpr std::size_t capacity = std::size_t{64} << 30;
constexpr std::size_t alignment = 4096;  // so that whole pages go back to the system

char* reserve(int protection) {
  void* range =
      mmap(nullptr, capacity, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  TORCH_CHECK(range != MAP_FAILED, "the pretended GPU: no 64 GiB of addresses");
  return static_cast<char*>(range);
}

struct Memory {
  char* device = reserve(PROT_NONE);
  char* host = reserve(PROT_READ | PROT_WRITE);
  std::mutex mutex;
  std::map<std::size_t, std::size_t> free{{0, capacity}};  // offset to bytes; neighbours are one
  std::map<std::size_t, std::size_t> taken;
  std::int64_t allocated = 0;
  std::int64_t peak = 0;
};

// Never destroyed: tensors of static duration are released after it would be.
Memory& memory() {
  static auto* const only = new Memory;  // NOLINT(cppcoreguidelines-owning-memory)
  return *only;
}

std::size_t offset_of(const void* address) {
  const std::ptrdiff_t offset = static_cast<const char*>(address) - memory().device;
  TORCH_CHECK(offset >= 0 && offset < static_cast<std::ptrdiff_t>(capacity),
              "the pretended GPU: an address that is not its own");
  return static_cast<std::size_t>(offset);
}

}  // namespace

void* allocate(std::size_t bytes) {
  Memory& all = memory();
  const std::size_t size =
      std::max<std::size_t>((bytes + alignment - 1) / alignment, 1) * alignment;
  const std::lock_guard lock(all.mutex);
  const auto found =
      std::ranges::find_if(all.free, [&](const auto& part) { return part.second >= size; });
  TORCH_CHECK(found != all.free.end(), "the pretended GPU: out of memory");
  const auto [offset, room] = *found;
  all.free.erase(found);
  if (room > size) {
    all.free.emplace(offset + size, room - size);
  }
  all.taken.emplace(offset, size);
  all.allocated += static_cast<std::int64_t>(size);
  all.peak = std::max(all.peak, all.allocated);
  std::memset(all.host + offset, 0xff, size);
  return all.device + offset;
}

void release(void* address) {
  Memory& all = memory();
  std::size_t offset = offset_of(address);
  const std::lock_guard lock(all.mutex);
  const auto taken = all.taken.find(offset);
  TORCH_CHECK(taken != all.taken.end(), "the pretended GPU: released twice");
  std::size_t size = taken->second;
  all.taken.erase(taken);
  all.allocated -= static_cast<std::int64_t>(size);
  if (size >= std::size_t{1} << 20) {
    madvise(all.host + offset, size, MADV_DONTNEED);
  }
  const auto next = all.free.lower_bound(offset);
  if (next != all.free.end() && next->first == offset + size) {
    size += next->second;
    all.free.erase(next);
  }
  const auto after = all.free.lower_bound(offset);
  if (after != all.free.begin()) {
    const auto before = std::prev(after);
    if (before->first + before->second == offset) {
      offset = before->first;
      size += before->second;
    }
  }
  all.free[offset] = size;
}

void* on_host(const void* address) { return memory().host + offset_of(address); }

std::int64_t allocated_bytes() {
  const std::lock_guard lock(memory().mutex);
  return memory().allocated;
}

std::int64_t peak_bytes() {
  const std::lock_guard lock(memory().mutex);
  return memory().peak;
}

void reset_peak() {
  const std::lock_guard lock(memory().mutex);
  memory().peak = memory().allocated;
}

}  // namespace automodel::testing
