#include "text/jinja/scope.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "text/jinja/ast_visit.h"
#include "text/jinja/globals.h"
#include "text/jinja/symbols.h"

namespace automodel::text::jinja {
namespace {

class ScopeResolver {
 public:
  explicit ScopeResolver(Template& tree) : tree_(tree) {}

  void run() {
    check(!find_undeclared(tree_.body, {"self"}).contains("self"), ErrorKind::unsupported,
          "{}: the variable 'self' is not supported; it needs blocks", tree_.name);
    Symbols symbols(nullptr);
    collect(symbols, tree_.body);
    tree_.frame = finish(symbols);
    bind(symbols, tree_.body, false);
  }

 private:
  template <typename... Args>
  [[noreturn]] void error(int line, fmt::format_string<Args...> text, Args&&... args) const {
    fail(ErrorKind::invalid_argument, "{}:{}: {}", tree_.name, line,
         fmt::format(text, std::forward<Args>(args)...));
  }

  // First pass over a frame: which names it reads and assigns, without entering the frames inside
  // it.

  void collect(Symbols& symbols, const ExprPtr& expr) {
    if (expr != nullptr) {
      collect(symbols, *expr);
    }
  }

  void collect(Symbols& symbols, Expr& expr) {
    if (const auto* name = std::get_if<Name>(&expr.node)) {
      symbols.load(name->name);
    }
    for_each_child(expr.node, [&](Expr& child) { collect(symbols, child); });
  }

  void collect_target(Symbols& symbols, const Target& target, bool as_parameter) {
    for (const Target& item : target.items) {
      collect_target(symbols, item, as_parameter);
    }
    if (target.is_tuple) {
      return;
    }
    if (!target.attribute.empty()) {
      symbols.load(target.name);
    } else if (as_parameter) {
      symbols.declare_parameter(target.name);
    } else {
      symbols.store(target.name);
    }
  }

  void collect(Symbols& symbols, const IfStmt& node) {
    collect(symbols, node.test);
    std::array<Symbols, 3> branches = {symbols, symbols, symbols};
    collect(branches[0], node.body);
    for (const IfStmt& branch : node.elifs) {
      collect(branches[1], branch);
    }
    collect(branches[2], node.otherwise);
    symbols.merge_branches(branches);
  }

  void collect(Symbols& symbols, const Body& body) {
    const Overloaded visitor{
        [](const auto&) {},
        [&](const PrintStmt& node) { collect(symbols, node.value); },
        [&](const SetStmt& node) {
          collect(symbols, node.value);
          collect_target(symbols, node.target, false);
        },
        [&](const SetBlockStmt& node) { collect_target(symbols, node.target, false); },
        [&](const IfStmt& node) { collect(symbols, node); },
        [&](const ForStmt& node) { collect(symbols, node.items); },
        [&](const MacroStmt& node) { symbols.store(node.macro.name); },
        [&](const CallStmt& node) { collect(symbols, node.call); },
        [&](const FilterStmt& node) { collect(symbols, node.filter); },
        [&](const WithStmt& node) {
          for (const auto& assignment : node.assignments) {
            collect(symbols, assignment.second);
          }
        }};
    for (const Stmt& statement : body) {
      std::visit(visitor, statement.node);
    }
  }

  FrameLayout finish(const Symbols& symbols) {
    FrameLayout layout = symbols.layout();
    for (const SlotInit& init : layout.slots) {
      if (init.load == Load::resolve && !find_global(init.name)) {
        tree_.variables.insert(init.name);
      }
    }
    return layout;
  }

  // Second pass: slots for the names of a frame, then the frames inside it.

  void bind(const Symbols& symbols, ExprPtr& expr, bool soft) {
    if (expr != nullptr) {
      bind(symbols, *expr, soft);
    }
  }

  void bind(const Symbols& symbols, Expr& expr, bool soft) {
    if (auto* name = std::get_if<Name>(&expr.node)) {
      name->slot = symbols.slot(name->name);
    }
    if (const auto* filter = std::get_if<FilterExpr>(&expr.node)) {
      if (filter->filter == nullptr && !soft) {
        error(expr.line, "No filter named '{}'.", filter->name);
      }
    }
    if (const auto* test = std::get_if<TestExpr>(&expr.node)) {
      if (test->test == nullptr && !soft) {
        error(expr.line, "No test named '{}'.", test->name);
      }
    }
    const bool inner = soft || std::holds_alternative<ConditionalExpr>(expr.node);
    for_each_child(expr.node, [&](Expr& child) { bind(symbols, child, inner); });
  }

  void bind_target(const Symbols& symbols, Target& target, int line) {
    for (Target& item : target.items) {
      bind_target(symbols, item, line);
    }
    if (target.is_tuple) {
      return;
    }
    if (loops_ > 0 && target.name == "loop" && target.attribute.empty()) {
      error(line, "Can't assign to special loop variable in for-loop target");
    }
    target.slot = symbols.slot(target.name);
  }

  void bind(const Symbols& symbols, Body& body, bool soft) {
    for (Stmt& statement : body) {
      std::visit([&](auto& node) { bind(symbols, node, soft, statement.line); }, statement.node);
    }
  }

  void bind(const Symbols&, TextStmt&, bool, int) {}
  void bind(const Symbols&, BreakStmt&, bool, int) {}
  void bind(const Symbols&, ContinueStmt&, bool, int) {}

  void bind(const Symbols& symbols, PrintStmt& node, bool soft, int) {
    bind(symbols, node.value, soft);
  }

  void bind(const Symbols& symbols, SetStmt& node, bool soft, int line) {
    bind(symbols, node.value, soft);
    bind_target(symbols, node.target, line);
  }

  void bind(const Symbols& symbols, SetBlockStmt& node, bool, int line) {
    bind_target(symbols, node.target, line);
    bind_filtered(symbols, node);
  }

  void bind(const Symbols& symbols, IfStmt& node, bool, int line) {
    bind(symbols, node.test, true);
    bind(symbols, node.body, true);
    for (IfStmt& branch : node.elifs) {
      bind(symbols, branch, true, line);
    }
    bind(symbols, node.otherwise, true);
  }

  void bind(const Symbols& symbols, ForStmt& node, bool soft, int line) {
    bind(symbols, node.items, soft);
    ++loops_;
    bind_loop_body(symbols, node, line);
    if (node.test != nullptr) {
      Symbols inner(&symbols);
      collect_target(inner, node.target, true);
      collect(inner, node.test);
      node.test_frame = finish(inner);
      node.test_target = node.target;
      bind_target(inner, node.test_target, line);
      bind(inner, node.test, false);
    }
    Symbols inner(&symbols);
    collect(inner, node.otherwise);
    node.else_frame = finish(inner);
    bind(inner, node.otherwise, false);
    --loops_;
  }

  void bind_loop_body(const Symbols& symbols, ForStmt& node, int line) {
    Symbols inner(&symbols);
    node.uses_loop = node.recursive || find_undeclared(node.body, {"loop"}).contains("loop");
    if (node.uses_loop) {
      inner.declare_parameter("loop");
    }
    collect_target(inner, node.target, true);
    collect(inner, node.body);
    node.frame = finish(inner);
    node.loop = node.uses_loop ? inner.slot("loop") : Slot{};
    bind_target(inner, node.target, line);
    bind(inner, node.body, false);
  }

  void bind(const Symbols& symbols, MacroStmt& node, bool, int line) {
    node.slot = symbols.slot(node.macro.name);
    bind_macro(symbols, node.macro, line);
  }

  void bind(const Symbols& symbols, CallStmt& node, bool soft, int line) {
    bind_macro(symbols, node.macro, line);
    bind(symbols, node.call, soft);
  }

  void bind(const Symbols& symbols, GenerationStmt& node, bool, int line) {
    bind_macro(symbols, node.macro, line);
  }

  void bind_macro(const Symbols& symbols, MacroBody& macro, int line) {
    Symbols inner(&symbols);
    for (const std::string& parameter : macro.parameters) {
      inner.declare_parameter(parameter);
    }
    for (const ExprPtr& value : macro.defaults) {
      collect(inner, value);
    }
    collect(inner, macro.body);
    const auto special = special_parameters(macro, line);
    for (const std::string& name : special) {
      inner.declare_parameter(name);
    }
    macro.frame = finish(inner);
    for (const std::string& parameter : macro.parameters) {
      macro.parameter_slots.push_back(inner.slot(parameter));
    }
    const auto slot_of = [&](const std::string& name) {
      return special.contains(name) ? std::optional(inner.slot(name)) : std::nullopt;
    };
    macro.caller = slot_of("caller");
    macro.kwargs = slot_of("kwargs");
    macro.varargs = slot_of("varargs");
    for (ExprPtr& value : macro.defaults) {
      bind(inner, value, false);
    }
    bind(inner, macro.body, false);
  }

  // The parameters that a macro gets without declaring them, because it reads them.
  std::set<std::string> special_parameters(const MacroBody& macro, int line) const {
    std::set<std::string> special = find_undeclared(macro.body, {"caller", "kwargs", "varargs"});
    for (std::size_t i = 0; i < macro.parameters.size(); ++i) {
      const bool has_default = i + macro.defaults.size() >= macro.parameters.size();
      if (special.erase(macro.parameters[i]) > 0 && macro.parameters[i] == "caller" &&
          !has_default) {
        error(line,
              "When defining macros or call blocks the special \"caller\" argument must be omitted "
              "or be given a default.");
      }
    }
    return special;
  }

  void bind(const Symbols& symbols, FilterStmt& node, bool, int) { bind_filtered(symbols, node); }

  void bind_filtered(const Symbols& symbols, auto& node) {
    Symbols inner(&symbols);
    collect(inner, node.body);
    collect(inner, node.filter);
    node.frame = finish(inner);
    bind(inner, node.body, false);
    bind(inner, node.filter, false);
  }

  void bind(const Symbols& symbols, WithStmt& node, bool soft, int line) {
    Symbols inner(&symbols);
    for (const auto& assignment : node.assignments) {
      collect_target(inner, assignment.first, true);
    }
    collect(inner, node.body);
    node.frame = finish(inner);
    for (auto& [target, value] : node.assignments) {
      bind_target(inner, target, line);
      bind(symbols, value, soft);
    }
    bind(inner, node.body, false);
  }

  Template& tree_;
  int loops_ = 0;
};

}  // namespace

void resolve_scopes(Template& tree) { ScopeResolver(tree).run(); }

}  // namespace automodel::text::jinja
