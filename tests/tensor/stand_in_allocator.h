#pragma once

#include <c10/core/CPUAllocator.h>

#include <cstddef>
#include <cstdint>

namespace automodel::testing {

/// LibTorch's CPU allocator as long as it lives: passes on to the one that was there, and back to
/// it at the end.
class StandInAllocator : public c10::Allocator {
 public:
  StandInAllocator() : inner_(c10::GetCPUAllocator()) { c10::SetCPUAllocator(this, kPriority); }
  ~StandInAllocator() override { c10::SetCPUAllocator(inner_, kPriority); }
  StandInAllocator(const StandInAllocator&) = delete;
  StandInAllocator& operator=(const StandInAllocator&) = delete;

  c10::DataPtr allocate(std::size_t bytes) override { return inner_->allocate(bytes); }
  c10::DeleterFnPtr raw_deleter() const override { return inner_->raw_deleter(); }
  void copy_data(void* to, const void* from, std::size_t bytes) const override {
    inner_->copy_data(to, from, bytes);
  }

 private:
  static constexpr std::uint8_t kPriority = 20;  // above that of the program's own
  c10::Allocator* inner_;
};

}  // namespace automodel::testing
