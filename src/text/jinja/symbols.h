#pragma once
// The variables of one frame while a template is being resolved.

#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "text/jinja/ast.h"

namespace automodel::text::jinja {

class Symbols {
 public:
  explicit Symbols(const Symbols* parent) : parent_(parent) {}

  /// The name is read here.
  void load(const std::string& name);
  /// The name is assigned here.
  void store(const std::string& name);
  void declare_parameter(const std::string& name);
  /// Takes over what the alternative branches of an if found, each a copy of these symbols with
  /// more in it.
  void merge_branches(std::span<const Symbols> branches);

  /// The frame as the renderer makes it.
  FrameLayout layout() const;
  /// The slot of a name known here or further out.
  Slot slot(const std::string& name) const;

 private:
  bool knows(const std::string& name) const;

  const Symbols* parent_;
  std::map<std::string, Load> loads_;
  std::set<std::string> stores_;
};

/// Which of `names` the body reads without declaring them first, nested blocks included.
std::set<std::string> find_undeclared(const Body& body, std::set<std::string> names);

}  // namespace automodel::text::jinja
