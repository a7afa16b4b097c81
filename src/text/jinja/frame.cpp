#include "text/jinja/frame.h"

#include "text/jinja/globals.h"

namespace automodel::text::jinja {
namespace {

std::optional<Value> look_up(const std::string& name, const Variables& variables) {
  const auto at = variables.find(name);
  return at != variables.end() ? std::optional(at->second) : find_global(name);
}

}  // namespace

FramePtr make_frame(const FrameLayout& layout, const FramePtr& parent, const Variables& variables) {
  auto frame = std::make_shared<Frame>();
  frame->parent = parent;
  reset_frame(*frame, layout, variables);
  return frame;
}

void reset_frame(Frame& frame, const FrameLayout& layout, const Variables& variables) {
  frame.slots.assign(layout.slots.size(), std::nullopt);
  for (std::size_t i = 0; i < layout.slots.size(); ++i) {
    const SlotInit& init = layout.slots[i];
    if (init.load == Load::resolve) {
      frame.slots[i] = look_up(init.name, variables);
    } else if (init.load == Load::alias) {
      frame.slots[i] = variable(frame, init.outer);
    }
  }
}

std::optional<Value>& variable(Frame& frame, Slot slot) {
  Frame* at = &frame;
  for (int i = 0; i < slot.hops; ++i) {
    at = at->parent.get();
  }
  return at->slots[static_cast<std::size_t>(slot.index)];
}

}  // namespace automodel::text::jinja
