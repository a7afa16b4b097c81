#include "text/jinja/loop.h"

#include "base/error.h"
#include "text/jinja/binding.h"
#include "text/jinja/equality.h"
#include "text/jinja/iterate.h"
#include "text/jinja/runtime.h"

namespace automodel::text::jinja {

Loop::Loop(std::shared_ptr<Iterator> items, std::optional<std::int64_t> length, int depth,
           Recurse recurse)
    : items_(std::move(items)), length_(length), depth_(depth), recurse_(std::move(recurse)) {}

std::optional<Value> Loop::next(Runtime& runtime) {
  std::optional<Value> item = after_ ? std::exchange(after_, std::nullopt) : items_->next(runtime);
  if (item) {
    ++index_;
    before_ = std::exchange(current_, item);
  }
  return item;
}

const std::optional<Value>& Loop::peek(Runtime& runtime) {
  if (!after_) {
    after_ = items_->next(runtime);
  }
  return after_;
}

std::int64_t Loop::count(Runtime& runtime) {
  if (!length_) {
    const Value rest = make_list(drain(runtime, *items_));
    const List& list = *rest.as<List>();
    items_ = iterate_items("list_iterator", list);
    length_ = static_cast<std::int64_t>(list.values().size()) + index_ + 1 + (after_ ? 1 : 0);
  }
  return *length_;
}

std::optional<Value> Loop::position_attribute(Runtime& runtime, std::string_view name) {
  if (name == "index") {
    return index_ + 1;
  }
  if (name == "index0") {
    return index_;
  }
  if (name == "first") {
    return index_ == 0;
  }
  if (name == "last") {
    return !peek(runtime).has_value();
  }
  if (name == "length") {
    return count(runtime);
  }
  if (name == "revindex") {
    return count(runtime) - index_;
  }
  if (name == "revindex0") {
    return count(runtime) - index_ - 1;
  }
  if (name == "depth" || name == "depth0") {
    return static_cast<std::int64_t>(depth_) + (name == "depth" ? 1 : 0);
  }
  return std::nullopt;
}

std::optional<Value> Loop::method(std::string_view name) {
  if (name == "cycle") {
    return make_function("cycle",
                         [this](Runtime&, const Arguments& arguments) { return cycle(arguments); });
  }
  if (name == "changed") {
    return make_function(
        "changed", [this](Runtime&, const Arguments& arguments) { return changed(arguments); });
  }
  return std::nullopt;
}

std::optional<Value> Loop::attribute(Runtime& runtime, std::string_view name) {
  if (name == "previtem") {
    return index_ == 0 || !before_ ? make_undefined("there is no previous item") : *before_;
  }
  if (name == "nextitem") {
    const std::optional<Value>& after = peek(runtime);
    return after ? *after : make_undefined("there is no next item");
  }
  auto position = position_attribute(runtime, name);
  return position ? position : method(name);
}

Value Loop::cycle(const Arguments& arguments) const {
  check(arguments.keywords.empty(), ErrorKind::invalid_argument,
        "cycle() takes no keyword arguments");
  const auto& items = arguments.positional;
  check(!items.empty(), ErrorKind::invalid_argument, "no items for cycling given");
  return items[static_cast<std::size_t>(index_ < 0 ? 0 : index_) % items.size()];
}

Value Loop::changed(const Arguments& arguments) {
  check(arguments.keywords.empty(), ErrorKind::invalid_argument,
        "changed() takes no keyword arguments");
  const Value values = make_tuple(arguments.positional);
  const bool differs = !last_changed_ || !equals(*last_changed_, values);
  last_changed_ = values;
  return differs;
}

std::string Loop::repr(int) const {
  return fmt::format("<LoopContext {}/{}>", index_ + 1, length_ ? std::to_string(*length_) : "?");
}

Value Loop::call(Runtime&, const Arguments& arguments) {
  check(recurse_ != nullptr, ErrorKind::invalid_argument,
        "The loop must have the 'recursive' marker to be called recursively.");
  return recurse_(bind("loop", arguments, {"iterable"}, 1)[0], depth_ + 1);
}

void Loop::clear() {
  items_.reset();
  recurse_ = nullptr;
  before_.reset();
  current_.reset();
  after_.reset();
  last_changed_.reset();
}

}  // namespace automodel::text::jinja
