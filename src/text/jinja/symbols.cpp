#include "text/jinja/symbols.h"

#include <iterator>

#include "base/error.h"
#include "text/jinja/ast_visit.h"

namespace automodel::text::jinja {
namespace {

class UndeclaredFinder {
 public:
  explicit UndeclaredFinder(std::set<std::string> names) : names_(std::move(names)) {}
  std::set<std::string> take() { return std::move(found_); }

  void body(const Body& statements) {
    for (const Stmt& statement : statements) {
      std::visit([&](const auto& node) { visit(node); }, statement.node);
    }
  }

 private:
  void expr(const ExprPtr& expression) {
    if (expression != nullptr) {
      expr(*expression);
    }
  }

  void expr(Expr& expression) {
    if (const auto* name = std::get_if<Name>(&expression.node)) {
      if (names_.contains(name->name)) {
        found_.insert(name->name);
      }
    }
    for_each_child(expression.node, [&](Expr& child) { expr(child); });
  }

  void target(const Target& to) {
    for (const Target& item : to.items) {
      target(item);
    }
    if (!to.is_tuple && to.attribute.empty()) {
      names_.erase(to.name);
    }
  }

  void visit(const TextStmt&) {}
  void visit(const BreakStmt&) {}
  void visit(const ContinueStmt&) {}
  void visit(const PrintStmt& node) { expr(node.value); }
  void visit(const SetStmt& node) {
    target(node.target);
    expr(node.value);
  }
  void visit(const SetBlockStmt& node) {
    target(node.target);
    expr(node.filter);
    body(node.body);
  }
  void visit(const IfStmt& node) {
    expr(node.test);
    body(node.body);
    for (const IfStmt& branch : node.elifs) {
      visit(branch);
    }
    body(node.otherwise);
  }
  void visit(const ForStmt& node) {
    target(node.target);
    expr(node.items);
    body(node.body);
    body(node.otherwise);
    expr(node.test);
  }
  void visit(const MacroStmt& node) { macro(node.macro); }
  void visit(const GenerationStmt& node) { macro(node.macro); }
  void visit(const CallStmt& node) {
    expr(node.call);
    macro(node.macro);
  }
  void visit(const FilterStmt& node) {
    body(node.body);
    expr(node.filter);
  }
  void visit(const WithStmt& node) {
    for (const auto& assignment : node.assignments) {
      target(assignment.first);
    }
    for (const auto& assignment : node.assignments) {
      expr(assignment.second);
    }
    body(node.body);
  }
  void macro(const MacroBody& node) {
    for (const std::string& parameter : node.parameters) {
      names_.erase(parameter);
    }
    for (const ExprPtr& value : node.defaults) {
      expr(value);
    }
    body(node.body);
  }

  std::set<std::string> names_;
  std::set<std::string> found_;
};

}  // namespace

bool Symbols::knows(const std::string& name) const {
  return loads_.contains(name) || (parent_ != nullptr && parent_->knows(name));
}

void Symbols::load(const std::string& name) {
  if (!knows(name)) {
    loads_[name] = Load::resolve;
  }
}

void Symbols::store(const std::string& name) {
  stores_.insert(name);
  if (!loads_.contains(name)) {
    loads_[name] = parent_ != nullptr && parent_->knows(name) ? Load::alias : Load::unset;
  }
}

void Symbols::declare_parameter(const std::string& name) {
  stores_.insert(name);
  loads_[name] = Load::unset;
}

void Symbols::merge_branches(std::span<const Symbols> branches) {
  std::set<std::string> stored;
  for (const Symbols& branch : branches) {
    for (const std::string& name : branch.stores_) {
      if (!stores_.contains(name)) {
        stored.insert(name);
      }
    }
  }
  for (const Symbols& branch : branches) {
    for (const auto& [name, load] : branch.loads_) {
      loads_[name] = load;
    }
    stores_.insert(branch.stores_.begin(), branch.stores_.end());
  }
  for (const std::string& name : stored) {
    loads_[name] = parent_ != nullptr && parent_->knows(name) ? Load::alias : Load::resolve;
  }
}

FrameLayout Symbols::layout() const {
  FrameLayout out;
  for (const auto& [name, load] : loads_) {
    SlotInit init{load, name, {}};
    if (load == Load::alias) {
      init.outer = parent_->slot(name);
      ++init.outer.hops;
    }
    out.slots.push_back(std::move(init));
  }
  return out;
}

Slot Symbols::slot(const std::string& name) const {
  const auto at = loads_.find(name);
  if (at != loads_.end()) {
    return {0, static_cast<int>(std::distance(loads_.begin(), at))};
  }
  check(parent_ != nullptr, ErrorKind::internal, "the name '{}' was not resolved", name);
  Slot outer = parent_->slot(name);
  ++outer.hops;
  return outer;
}

std::set<std::string> find_undeclared(const Body& body, std::set<std::string> names) {
  UndeclaredFinder finder(std::move(names));
  finder.body(body);
  return finder.take();
}

}  // namespace automodel::text::jinja
