#include "tensor/arena.h"

#include <sys/mman.h>

#include <algorithm>
#include <iterator>

#include "base/error.h"

namespace automodel {
namespace {

constexpr std::size_t kMinAddressBytes = std::size_t{1} << 26;
/// A free rest below this is too small for any request and stays with its block.
constexpr std::size_t kMinRest = 4096;
/// Address space becomes writable in steps, to spare system calls.
constexpr std::size_t kWritableStep = std::size_t{1} << 26;
/// Page rounding must not count as fragmentation in small heaps.
constexpr std::size_t kMinIdlePages = 4;

std::size_t round_up(std::size_t value, std::size_t unit) {
  return (value + unit - 1) / unit * unit;
}

std::size_t staggered(std::size_t bytes) {
  const bool is_large = bytes >= kArenaPageBytes && bytes <= SIZE_MAX - kArenaStagger;
  return is_large ? bytes + kArenaStagger : bytes;
}

struct Mapping {
  void* address;
  std::size_t bytes;
};

Mapping map_address_space(std::size_t bytes) {
  for (std::size_t size = bytes; size >= kMinAddressBytes; size /= 2) {
    void* address =
        ::mmap(nullptr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (address != MAP_FAILED) {
      return {address, size};
    }
  }
  fail(ErrorKind::out_of_memory,
       "the system grants no address space for tensors, not even {} MiB; check `ulimit -v`",
       kMinAddressBytes >> 20);
}

}  // namespace

Arena::Arena(const ArenaOptions& options) : options_(options), heap_(0, kArenaAlignment, kMinRest) {
  const Mapping mapping = map_address_space(std::max(options.address_bytes, kMinAddressBytes));
  mapping_ = mapping.address;
  mapping_bytes_ = mapping.bytes;
  const auto begin = reinterpret_cast<std::uintptr_t>(mapping_);
  const std::size_t skipped = round_up(begin, kArenaPageBytes) - begin;
  base_ = static_cast<std::byte*>(mapping_) + skipped;
  const std::size_t num_pages = (mapping_bytes_ - skipped) / kArenaPageBytes;
  // A refusal only means that pages are small: then taking them is slower.
  ::madvise(base_, num_pages * kArenaPageBytes, MADV_HUGEPAGE);
  heap_ = BestFitHeap(num_pages * kArenaPageBytes, kArenaAlignment, kMinRest);
  taken_.resize(num_pages);
}

Arena::~Arena() { ::munmap(mapping_, mapping_bytes_); }

void* Arena::allocate(std::size_t bytes) {
  const std::lock_guard guard(mutex_);
  const auto range = heap_.allocate(staggered(bytes));
  if (!range) {
    return nullptr;
  }
  if (!take_pages(*range)) {
    heap_.free(range->begin);
    return nullptr;
  }
  peak_live_ = std::max(peak_live_, heap_.live_bytes());
  highest_live_ = std::max(highest_live_, heap_.live_bytes());
  return base_ + range->begin;
}

bool Arena::owns(const void* pointer) const {
  const auto address = reinterpret_cast<std::uintptr_t>(pointer);
  const auto begin = reinterpret_cast<std::uintptr_t>(base_);
  return address >= begin && address - begin < taken_.size() * kArenaPageBytes;
}

void Arena::free(void* pointer) {
  const std::lock_guard guard(mutex_);
  heap_.free(static_cast<std::size_t>(static_cast<std::byte*>(pointer) - base_));
}

ArenaStats Arena::stats() const {
  const std::lock_guard guard(mutex_);
  return {.live_bytes = heap_.live_bytes(),
          .peak_live_bytes = peak_live_,
          .reserved_bytes = num_taken_ * kArenaPageBytes,
          .peak_reserved_bytes = peak_taken_ * kArenaPageBytes};
}

void Arena::reset_peak() {
  const std::lock_guard guard(mutex_);
  peak_live_ = heap_.live_bytes();
  peak_taken_ = num_taken_;
}

/// Counts the pages of a new block as resident, after making room for them.
bool Arena::take_pages(const Range& range) {
  const auto first = taken_.begin() + static_cast<std::ptrdiff_t>(range.begin / kArenaPageBytes);
  const auto last =
      taken_.begin() + static_cast<std::ptrdiff_t>((range.end() - 1) / kArenaPageBytes + 1);
  const auto num_new = static_cast<std::size_t>(std::count(first, last, false));
  if (num_new == 0) {
    return true;
  }
  const std::size_t wanted = num_taken_ + num_new;
  const std::size_t limit = most_pages(num_new);
  const std::size_t kept = std::min(num_kept_pages(), limit);
  const std::size_t released = wanted > kept ? release(wanted - kept) : 0;
  if (wanted - released > limit || !make_writable(range.end())) {
    return false;
  }
  std::fill(first, last, true);
  num_taken_ = wanted - released;
  peak_taken_ = std::max(peak_taken_, num_taken_);
  return true;
}

/// How many pages may be taken, where so many more are wanted.
std::size_t Arena::most_pages(std::size_t num_new) {
  const std::size_t always = options_.limit_bytes / kArenaPageBytes;
  if (!options_.limit_now || num_new <= num_granted_) {
    num_granted_ -= std::min(num_new, num_granted_);
    return always;
  }
  const std::size_t now = options_.limit_now(num_taken_ * kArenaPageBytes) / kArenaPageBytes;
  const std::size_t most = std::min(always, now);
  const std::size_t wanted = num_taken_ + num_new;
  num_granted_ = most > wanted ? (most - wanted) / 2 : 0;
  return most;
}

std::size_t Arena::num_kept_pages() const {
  const auto live = static_cast<double>(std::max(highest_live_, heap_.live_bytes()));
  return static_cast<std::size_t>(live * (1 + options_.idle_share)) / kArenaPageBytes +
         kMinIdlePages;
}

bool Arena::make_writable(std::size_t end) {
  if (end <= writable_) {
    return true;
  }
  const std::size_t capacity = taken_.size() * kArenaPageBytes;
  const std::size_t upto = std::min(round_up(end, kWritableStep), capacity);
  if (::mprotect(base_ + writable_, upto - writable_, PROT_READ | PROT_WRITE) != 0) {
    return false;
  }
  writable_ = upto;
  return true;
}

/// Gives up to `num_pages` free pages back, those of the largest ranges first. Returns how many.
std::size_t Arena::release(std::size_t num_pages) {
  std::size_t released = 0;
  const auto& ranges = heap_.free_ranges();
  for (auto range = ranges.rbegin();
       range != ranges.rend() && range->first >= kArenaPageBytes && released < num_pages; ++range) {
    released += release_inside({range->second, range->first}, num_pages - released);
  }
  num_taken_ -= released;
  return released;
}

/// Of the pages that lie wholly in a range of at least one page, gives the last ones back.
std::size_t Arena::release_inside(const Range& range, std::size_t num_pages) {
  const std::size_t first = round_up(range.begin, kArenaPageBytes) / kArenaPageBytes;
  const std::size_t last = range.end() / kArenaPageBytes;
  std::size_t page = last;
  std::size_t released = 0;
  while (page > first && released < num_pages) {
    --page;
    released += taken_[page] ? 1 : 0;
    taken_[page] = false;
  }
  ::madvise(base_ + page * kArenaPageBytes, (last - page) * kArenaPageBytes, MADV_DONTNEED);
  return released;
}

}  // namespace automodel
