#pragma once
// The syntax tree. Names carry the slot of their variable once scope.h has resolved them.

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "text/jinja/operators.h"

namespace automodel::text::jinja {

struct Expr;
struct Stmt;
using ExprPtr = std::unique_ptr<Expr>;
using Body = std::vector<Stmt>;

using Filter = Value (*)(Runtime& runtime, const Value& input, const Arguments& arguments);
using Test = bool (*)(Runtime& runtime, const Value& input, const Arguments& arguments);

/// A variable: `hops` frames out, then by index.
struct Slot {
  int hops = 0;
  int index = 0;
};

/// How a frame's variable starts: not set yet, from the render call's variables, or as the outer
/// one of the same name.
enum class Load { unset, resolve, alias };

struct SlotInit {
  Load load = Load::unset;
  std::string name;
  Slot outer;  // of alias, seen from this frame
};

struct FrameLayout {
  std::vector<SlotInit> slots;
};

struct Literal {
  Value value;
};
struct Name {
  std::string name;
  Slot slot;
};
struct TupleExpr {
  std::vector<ExprPtr> items;
};
struct ListExpr {
  std::vector<ExprPtr> items;
};
struct DictExpr {
  std::vector<std::pair<ExprPtr, ExprPtr>> entries;
};
struct AttributeExpr {
  ExprPtr object;
  std::string name;
};
struct ItemExpr {
  ExprPtr object;
  ExprPtr key;
};
struct SliceExpr {
  ExprPtr object;
  ExprPtr start;  // null: none, as the next two
  ExprPtr stop;
  ExprPtr step;
};
struct CallArguments {
  std::vector<ExprPtr> positional;
  std::vector<std::pair<std::string, ExprPtr>> keywords;
  ExprPtr star;         // *args or null
  ExprPtr double_star;  // **kwargs or null
};
struct CallExpr {
  ExprPtr callee;
  CallArguments arguments;
};
struct FilterExpr {
  ExprPtr input;  // null: the text of the enclosing block
  std::string name;
  Filter filter = nullptr;  // null: unknown, an error when reached
  CallArguments arguments;
};
struct TestExpr {
  ExprPtr input;
  std::string name;
  Test test = nullptr;  // null: unknown, an error when reached
  CallArguments arguments;
};
enum class UnaryOp { negate, plus, negation };
struct UnaryExpr {
  UnaryOp op;
  ExprPtr operand;
};
struct BinaryExpr {
  BinaryOp op;
  ExprPtr left;
  ExprPtr right;
};
struct LogicalExpr {
  bool is_and;
  ExprPtr left;
  ExprPtr right;
};
struct ConcatExpr {
  std::vector<ExprPtr> parts;
};
struct CompareExpr {
  ExprPtr first;
  std::vector<std::pair<CompareOp, ExprPtr>> rest;
};
struct ConditionalExpr {
  ExprPtr test;
  ExprPtr then;
  ExprPtr otherwise;  // null: undefined
};

struct Expr {
  using Node = std::variant<Literal, Name, TupleExpr, ListExpr, DictExpr, AttributeExpr, ItemExpr,
                            SliceExpr, CallExpr, FilterExpr, TestExpr, UnaryExpr, BinaryExpr,
                            LogicalExpr, ConcatExpr, CompareExpr, ConditionalExpr>;
  Node node;
  int line = 1;
  int depth = 1;  // levels of expressions, this one included
};

/// Where an assignment goes: a name, an attribute of a namespace, or several of these.
struct Target {
  std::string name;
  Slot slot;
  std::string attribute;      // empty: the name itself
  std::vector<Target> items;  // of a tuple; then the others are unused
  bool is_tuple = false;
};

struct TextStmt {
  std::string text;
};
struct PrintStmt {
  ExprPtr value;
};
struct SetStmt {
  Target target;
  ExprPtr value;
};
struct SetBlockStmt {
  Target target;
  ExprPtr filter;  // null: none
  Body body;
  FrameLayout frame;
};
struct IfStmt {
  ExprPtr test;
  Body body;
  std::vector<IfStmt> elifs;  // with test and body only
  Body otherwise;
};
struct ForStmt {
  Target target;
  ExprPtr items;
  ExprPtr test;  // null: none
  Body body;
  Body otherwise;
  bool recursive = false;
  bool uses_loop = false;
  Slot loop;           // the variable `loop`, if used
  Target test_target;  // the same target in the frame of the test
  FrameLayout frame;
  FrameLayout test_frame;
  FrameLayout else_frame;
};
struct MacroBody {
  std::string name;  // empty for call blocks
  std::vector<std::string> parameters;
  std::vector<ExprPtr> defaults;  // of the last parameters
  Body body;
  FrameLayout frame;
  std::vector<Slot> parameter_slots;
  std::optional<Slot> caller;  // set if the body uses them without declaring them
  std::optional<Slot> kwargs;
  std::optional<Slot> varargs;
};
struct MacroStmt {
  Slot slot;
  MacroBody macro;
};
struct CallStmt {
  ExprPtr call;  // a CallExpr
  MacroBody macro;
};
struct GenerationStmt {
  MacroBody macro;
};
struct FilterStmt {
  ExprPtr filter;
  Body body;
  FrameLayout frame;
};
struct WithStmt {
  std::vector<std::pair<Target, ExprPtr>> assignments;
  Body body;
  FrameLayout frame;
};
struct BreakStmt {};
struct ContinueStmt {};

struct Stmt {
  using Node =
      std::variant<TextStmt, PrintStmt, SetStmt, SetBlockStmt, IfStmt, ForStmt, MacroStmt, CallStmt,
                   GenerationStmt, FilterStmt, WithStmt, BreakStmt, ContinueStmt>;
  Node node;
  int line = 1;
};

}  // namespace automodel::text::jinja
