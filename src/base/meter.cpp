#include "base/meter.h"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

namespace automodel {
namespace {

/// By group and name, whose addresses are constants of the program.
using Uses = std::map<std::pair<const char*, const char*>, OperationUse>;

thread_local std::unique_ptr<Uses> running_uses;
thread_local OperationTimer* current_timer = nullptr;
thread_local const char* current_group = nullptr;

}  // namespace

void start_meter() { running_uses = std::make_unique<Uses>(); }

std::vector<OperationUse> stop_meter() {
  std::map<std::string, OperationUse> by_name;  // one name may have several addresses
  if (running_uses != nullptr) {
    for (const auto& [key, use] : *running_uses) {
      const auto& [group, name] = key;
      OperationUse& sum = by_name[group != nullptr ? std::string(group) + ": " + name : name];
      sum.calls += use.calls;
      sum.seconds += use.seconds;
      sum.flops += use.flops;
    }
  }
  running_uses.reset();
  std::vector<OperationUse> out;
  for (auto& [name, use] : by_name) {
    use.name = name;
    out.push_back(use);
  }
  std::ranges::stable_sort(out, std::greater(), &OperationUse::seconds);
  return out;
}

OperationTimer::OperationTimer(const char* name, double flops) {
  if (running_uses == nullptr) {
    return;
  }
  name_ = name;
  flops_ = flops;
  outer_ = std::exchange(current_timer, this);
  begin_ = std::chrono::steady_clock::now();
}

OperationTimer::~OperationTimer() {
  if (name_ == nullptr) {
    return;
  }
  current_timer = outer_;
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
  if (outer_ != nullptr) {
    outer_->inside_ += seconds;
  }
  if (running_uses != nullptr) {
    OperationUse& use = (*running_uses)[{current_group, name_}];
    ++use.calls;
    use.seconds += seconds - inside_;
    use.flops += flops_;
  }
}

OperationGroup::OperationGroup(const char* name) : outer_(std::exchange(current_group, name)) {}
OperationGroup::~OperationGroup() { current_group = outer_; }

}  // namespace automodel
