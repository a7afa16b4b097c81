#pragma once
// What one rendering may still use, and the objects it made.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "text/jinja/object.h"
#include "text/render_limits.h"

namespace automodel::text::jinja {

class Runtime {
 public:
  /// now: what the clock shows in seconds since 1970; unset: the machine's.
  explicit Runtime(const RenderLimits& limits, std::optional<std::int64_t> now = std::nullopt);
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  std::optional<std::int64_t> now() const { return now_; }

  /// Counts work. Throws Error(invalid_argument) that names the limit when it is used up.
  void step(std::int64_t count = 1);
  /// Counts the work of looking at a value once: its items or bytes, not what they hold.
  void read(const Value& value) { step(static_cast<std::int64_t>(entries(value) / 64)); }
  /// Counts the work of looking at everything a value holds.
  void walk(const Value& value) { step(static_cast<std::int64_t>(measure(value).weight / 2)); }
  /// Counts the bytes of a value just made. Throws likewise.
  void allocate(const Value& value);
  void check_output(std::size_t bytes) const;

  template <typename T, typename... Args>
  std::shared_ptr<T> make(Args&&... args) {
    step();
    auto object = std::make_shared<T>(std::forward<Args>(args)...);
    at_end([object] { object->clear(); });
    return object;
  }
  /// Runs when the rendering ends, however it ends. What the function holds lives until then.
  void at_end(std::function<void()> action) { at_end_.push_back(std::move(action)); }

  /// Counts one level of nesting while alive. Throws Error(invalid_argument) beyond the limit.
  class Depth {
   public:
    explicit Depth(Runtime& runtime);
    ~Depth() { --depth_; }
    Depth(const Depth&) = delete;
    Depth& operator=(const Depth&) = delete;

   private:
    int& depth_;
  };

 private:
  static std::size_t entries(const Value& value);
  RenderLimits limits_;
  std::optional<std::int64_t> now_;
  std::int64_t steps_ = 0;
  std::int64_t allocated_ = 0;
  int depth_ = 0;
  std::vector<std::function<void()>> at_end_;
};

}  // namespace automodel::text::jinja
