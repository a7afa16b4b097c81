#include "text/jinja/renderer.h"

#include <algorithm>

#include "base/error.h"
#include "base/known.h"
#include "text/jinja/iterate.h"
#include "text/jinja/loop.h"
#include "text/jinja/macro_call.h"
#include "text/jinja/namespace.h"
#include "text/jinja/print.h"

namespace automodel::text::jinja {
namespace {

enum class Flow { next, break_loop, continue_loop };

class Renderer {
 public:
  Renderer(const Template& tree, const Variables& variables, Runtime& runtime)
      : tree_(tree), variables_(variables), runtime_(runtime), evaluator_(runtime) {}

  RenderedTemplate run() {
    try {
      const FramePtr frame = make_frame(tree_.frame, nullptr, variables_);
      render(tree_.body, frame);
    } catch (const Error& error) {
      const ErrorContext context("rendering line {} of the chat template '{}'", evaluator_.line(),
                                 tree_.name);
      throw Error(error.kind(), error.message(), error.where());
    }
    return {std::move(root_), std::move(generations_)};
  }

 private:
  // Sends the output to a string of its own while alive.
  class Capture {
   public:
    explicit Capture(Renderer& renderer)
        : renderer_(renderer), outer_(std::exchange(renderer.out_, &text_)) {}
    ~Capture() { renderer_.out_ = outer_; }
    Capture(const Capture&) = delete;
    Capture& operator=(const Capture&) = delete;
    Value take() {
      Value text(std::move(text_));
      renderer_.runtime_.allocate(text);
      return text;
    }

   private:
    Renderer& renderer_;
    std::string text_;
    std::string* outer_;
  };

  Flow render(const Body& body, const FramePtr& frame) {
    const Runtime::Depth depth(runtime_);
    for (const Stmt& statement : body) {
      runtime_.step();
      evaluator_.set_line(statement.line);
      const Flow flow =
          std::visit([&](const auto& node) { return visit(node, frame); }, statement.node);
      if (flow != Flow::next) {
        return flow;
      }
    }
    return Flow::next;
  }

  void write(std::string_view text) {
    *out_ += text;
    runtime_.step(static_cast<std::int64_t>(text.size() / 64));
    runtime_.check_output(out_->size());
  }

  void write_text(const Value& value) {
    const auto* text = value.as<String>();
    check(text != nullptr, ErrorKind::invalid_argument, "expected str instance, {} found",
          type_name(value));
    write(text->view());
  }

  Flow visit(const TextStmt& node, const FramePtr&) {
    write(node.text);
    return Flow::next;
  }

  Flow visit(const PrintStmt& node, const FramePtr& frame) {
    const Value value = evaluator_.eval(*node.value, *frame);
    if (const auto* text = value.as<String>()) {
      write(text->view());
    } else {
      runtime_.walk(value);
      write(to_text(value));
    }
    return Flow::next;
  }

  void check_namespaces(const Target& target, Frame& frame) {
    for (const Target& item : target.items) {
      check_namespaces(item, frame);
    }
    if (!target.attribute.empty()) {
      check(find_namespace(target, frame) != nullptr, ErrorKind::invalid_argument,
            "cannot assign attribute on non-namespace object");
    }
  }

  static Namespace* find_namespace(const Target& target, Frame& frame) {
    const std::optional<Value>& value = variable(frame, target.slot);
    const auto* object = value ? value->as<std::shared_ptr<Object>>() : nullptr;
    return object != nullptr ? dynamic_cast<Namespace*>(object->get()) : nullptr;
  }

  void assign(const Target& target, const Value& value, Frame& frame) {
    if (target.is_tuple) {
      assign_items(target.items, value, frame);
    } else if (target.attribute.empty()) {
      variable(frame, target.slot) = value;
    } else {
      find_namespace(target, frame)->set(target.attribute, value);
    }
  }

  void assign_items(const std::vector<Target>& targets, const Value& value, Frame& frame) {
    check(is_iterable(value), ErrorKind::invalid_argument, "cannot unpack non-iterable {} object",
          type_name(value));
    const std::vector<Value> items = collect(runtime_, value);
    check(items.size() >= targets.size(), ErrorKind::invalid_argument,
          "not enough values to unpack (expected {}, got {})", targets.size(), items.size());
    check(items.size() <= targets.size(), ErrorKind::invalid_argument,
          "too many values to unpack (expected {})", targets.size());
    for (std::size_t i = 0; i < targets.size(); ++i) {
      assign(targets[i], items[i], frame);
    }
  }

  Flow visit(const SetStmt& node, const FramePtr& frame) {
    check_namespaces(node.target, *frame);
    const Value value = evaluator_.eval(*node.value, *frame);
    check_namespaces(node.target, *frame);
    assign(node.target, value, *frame);
    return Flow::next;
  }

  Flow visit(const SetBlockStmt& node, const FramePtr& frame) {
    const FramePtr inner = make_frame(node.frame, frame, variables_);
    Capture capture(*this);
    if (const Flow flow = render(node.body, inner); flow != Flow::next) {
      return flow;
    }
    Value value = capture.take();
    if (node.filter != nullptr) {
      value = evaluator_.filter_block(*node.filter, std::move(value), *inner);
    }
    check_namespaces(node.target, *frame);
    assign(node.target, value, *frame);
    return Flow::next;
  }

  Flow visit(const IfStmt& node, const FramePtr& frame) {
    if (evaluator_.test(*node.test, *frame)) {
      return render(node.body, frame);
    }
    for (const IfStmt& branch : node.elifs) {
      if (evaluator_.test(*branch.test, *frame)) {
        return render(branch.body, frame);
      }
    }
    return render(node.otherwise, frame);
  }

  Flow visit(const ForStmt& node, const FramePtr& frame) {
    const Value items = evaluator_.eval(*node.items, *frame);
    if (!node.recursive) {
      return run_loop(node, items, frame, 0);
    }
    write_text(recursive_loop(node, items, frame, 0));
    return Flow::next;
  }

  Value recursive_loop(const ForStmt& node, const Value& items, const FramePtr& frame, int depth) {
    const Runtime::Depth level(runtime_);
    Capture capture(*this);
    run_loop(node, items, frame, depth);
    return capture.take();
  }

  // What a target holds, several names as a tuple.
  static Value packed(const Target& target, Frame& frame) {
    if (!target.is_tuple) {
      return known(variable(frame, target.slot));
    }
    std::vector<Value> items;
    for (const Target& item : target.items) {
      items.push_back(packed(item, frame));
    }
    return make_tuple(std::move(items));
  }

  // The items that pass the loop's test, tested on demand.
  std::shared_ptr<Iterator> tested(const ForStmt& node, std::shared_ptr<Iterator> items,
                                   const FramePtr& frame) {
    const FramePtr inner = make_frame(node.test_frame, frame, variables_);
    const Measure source = items->measure();
    auto next = [this, &node, items = std::move(items),
                 inner](Runtime& runtime) -> std::optional<Value> {
      while (auto item = items->next(runtime)) {
        assign(node.test_target, *item, *inner);
        if (evaluator_.test(*node.test, *inner)) {
          return packed(node.test_target, *inner);
        }
      }
      return std::nullopt;
    };
    return std::make_shared<Iterator>("generator", std::move(next), source);
  }

  std::shared_ptr<Loop> make_loop(const ForStmt& node, const Value& items,
                                  const std::shared_ptr<Iterator>& iterator, const FramePtr& frame,
                                  int depth) {
    Loop::Recurse recurse;
    if (node.recursive) {
      recurse = [this, &node, frame](const Value& inner, int inner_depth) {
        return recursive_loop(node, inner, frame, inner_depth);
      };
    }
    const auto size = node.test == nullptr ? length(items) : std::nullopt;
    return runtime_.make<Loop>(iterator, size, depth, std::move(recurse));
  }

  Flow run_loop(const ForStmt& node, const Value& items, const FramePtr& frame, int depth) {
    std::shared_ptr<Iterator> iterator = iterate(items);
    if (node.test != nullptr) {
      iterator = tested(node, std::move(iterator), frame);
    }
    const auto loop = node.uses_loop ? make_loop(node, items, iterator, frame, depth) : nullptr;
    const FramePtr inner = make_frame(node.frame, frame, variables_);
    bool completed = false;
    while (const auto item = loop != nullptr ? loop->next(runtime_) : iterator->next(runtime_)) {
      reset_frame(*inner, node.frame, variables_);
      if (loop != nullptr) {
        variable(*inner, node.loop) = std::shared_ptr<Object>(loop);
      }
      assign(node.target, *item, *inner);
      const Flow flow = render(node.body, inner);
      completed = completed || flow == Flow::next;
      if (flow == Flow::break_loop) {
        break;
      }
    }
    if (completed || node.otherwise.empty()) {
      return Flow::next;
    }
    return render(node.otherwise, make_frame(node.else_frame, frame, variables_));
  }

  Flow visit(const BreakStmt&, const FramePtr&) { return Flow::break_loop; }
  Flow visit(const ContinueStmt&, const FramePtr&) { return Flow::continue_loop; }

  Value make_macro(const MacroBody& macro, const FramePtr& frame) {
    capture_frames(frame);
    const std::string name = macro.name.empty() ? "anonymous" : string_repr(macro.name);
    auto body = [this, &macro, frame](Runtime&, const Arguments& arguments) {
      return call_macro(macro, frame, arguments);
    };
    return std::make_shared<const Function>("Macro", name, std::move(body));
  }

  // A macro and the frame that holds it keep each other alive; the end of the rendering parts them.
  void capture_frames(const FramePtr& frame) {
    for (FramePtr at = frame; at != nullptr && !at->captured; at = at->parent) {
      at->captured = true;
      runtime_.at_end([at] {
        at->slots.clear();
        at->parent.reset();
      });
    }
  }

  Value call_macro(const MacroBody& macro, const FramePtr& closure, const Arguments& arguments) {
    const Runtime::Depth depth(runtime_);
    const int line = evaluator_.line();
    const FramePtr frame = make_frame(macro.frame, closure, variables_);
    bind_macro_arguments(macro, arguments, *frame);
    fill_defaults(macro, *frame);
    Capture capture(*this);
    render(macro.body, frame);
    evaluator_.set_line(line);
    return capture.take();
  }

  void fill_defaults(const MacroBody& macro, Frame& frame) {
    const std::size_t required = macro.parameters.size() - macro.defaults.size();
    for (std::size_t i = 0; i < macro.parameters.size(); ++i) {
      const Slot slot = macro.parameter_slots[i];
      if (!variable(frame, slot).has_value()) {
        Value value = i >= required ? evaluator_.eval(*macro.defaults[i - required], frame)
                                    : make_undefined(fmt::format("parameter '{}' was not provided",
                                                                 macro.parameters[i]));
        variable(frame, slot) = std::move(value);
      }
    }
  }

  Flow visit(const MacroStmt& node, const FramePtr& frame) {
    variable(*frame, node.slot) = make_macro(node.macro, frame);
    return Flow::next;
  }

  Flow visit(const CallStmt& node, const FramePtr& frame) {
    const Value caller = make_macro(node.macro, frame);
    const auto& call = std::get<CallExpr>(node.call->node);
    write_text(evaluator_.call_with_caller(call, caller, *frame));
    return Flow::next;
  }

  Flow visit(const GenerationStmt& node, const FramePtr& frame) {
    const Value text = call_macro(node.macro, frame, {});
    const std::size_t begin = root_.size();
    write_text(text);
    generations_.emplace_back(begin, begin + text.as<String>()->text->size());
    return Flow::next;
  }

  Flow visit(const FilterStmt& node, const FramePtr& frame) {
    const FramePtr inner = make_frame(node.frame, frame, variables_);
    Value text;
    {
      Capture capture(*this);
      if (const Flow flow = render(node.body, inner); flow != Flow::next) {
        return flow;
      }
      text = capture.take();
    }
    write_text(evaluator_.filter_block(*node.filter, std::move(text), *inner));
    return Flow::next;
  }

  Flow visit(const WithStmt& node, const FramePtr& frame) {
    const FramePtr inner = make_frame(node.frame, frame, variables_);
    for (const auto& [target, value] : node.assignments) {
      assign(target, evaluator_.eval(*value, *frame), *inner);
    }
    return render(node.body, inner);
  }

  const Template& tree_;
  const Variables& variables_;
  Runtime& runtime_;
  Evaluator evaluator_;
  std::string root_;
  std::string* out_ = &root_;
  std::vector<std::pair<std::size_t, std::size_t>> generations_;
};

}  // namespace

RenderedTemplate render(const Template& tree, const Variables& variables, Runtime& runtime) {
  return Renderer(tree, variables, runtime).run();
}

}  // namespace automodel::text::jinja
