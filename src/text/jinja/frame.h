#pragma once
// The variables of a scope while rendering.

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "text/jinja/ast.h"

namespace automodel::text::jinja {

using Variables = std::unordered_map<std::string, Value>;

struct Frame {
  std::shared_ptr<Frame> parent;
  std::vector<std::optional<Value>> slots;  // nothing: not set
  bool captured = false;                    // a macro keeps this frame
};
using FramePtr = std::shared_ptr<Frame>;

/// A frame with its variables at their start. Those that come from outside are looked up in
/// `variables`, then among the globals.
FramePtr make_frame(const FrameLayout& layout, const FramePtr& parent, const Variables& variables);
/// The same for a frame that is used again.
void reset_frame(Frame& frame, const FrameLayout& layout, const Variables& variables);
std::optional<Value>& variable(Frame& frame, Slot slot);

}  // namespace automodel::text::jinja
