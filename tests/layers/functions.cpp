#include "tests/layers/functions.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <optional>
#include <span>
#include <string_view>

namespace automodel::layers {
namespace {

enum class Scope { names, type, function, block, initializer };

struct Frame {
  Scope scope = Scope::names;
  std::size_t statement = 0;  // index of the first token of the current statement
  int parens = 0;             // open ( and [ since the brace
  std::size_t function = 0;   // scope == function: index of the result
};

bool is_any(std::string_view token, std::initializer_list<std::string_view> of) {
  return std::find(of.begin(), of.end(), token) != of.end();
}

/// Index of the opening partner of the bracket that closes at `close`.
std::size_t matching_open(std::span<const Token> tokens, std::size_t close) {
  int depth = 0;
  for (std::size_t i = close + 1; i-- > 0;) {
    depth += is_any(tokens[i].text, {")", "]", "}"}) ? 1 : 0;
    depth -= is_any(tokens[i].text, {"(", "[", "{"}) ? 1 : 0;
    if (depth == 0) {
      return i;
    }
  }
  return 0;
}

/// Indices of the tokens of a declaration that stand outside of every bracket, template arguments
/// included. Opening brackets themselves are listed.
std::vector<std::size_t> top_level(std::span<const Token> tokens) {
  std::vector<std::size_t> out;
  int brackets = 0;
  int angles = 0;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const std::string& text = tokens[i].text;
    const bool after_operator = i > 0 && tokens[i - 1].text == "operator";
    if (is_any(text, {")", "]", "}"})) {
      --brackets;
    } else if (brackets == 0 && text == ">" && angles > 0) {
      --angles;
    } else if (brackets == 0 && angles == 0) {
      out.push_back(i);
    }
    if (is_any(text, {"(", "[", "{"})) {
      ++brackets;
    } else if (brackets == 0 && text == "<" && i > 0 && !after_operator) {
      ++angles;
    }
  }
  return out;
}

int count_parameters(std::span<const Token> inside) {
  const std::vector<std::size_t> top = top_level(inside);
  const bool empty = inside.empty() || (inside.size() == 1 && inside[0].text == "void");
  const auto commas =
      std::count_if(top.begin(), top.end(), [&](std::size_t i) { return inside[i].text == ","; });
  return empty ? 0 : static_cast<int>(commas) + 1;
}

/// A declaration's tokens, read as far as needed to tell what its "{" opens.
class Declaration {
 public:
  explicit Declaration(std::span<const Token> tokens) : tokens_(tokens), top_(top_level(tokens)) {}

  bool has(std::initializer_list<std::string_view> words) const {
    return std::any_of(top_.begin(), top_.end(),
                       [&](std::size_t i) { return is_any(tokens_[i].text, words); });
  }

  bool opens_names() const {
    return has({"namespace"}) || (has({"extern"}) && tokens_.back().text == "\"\"");
  }

  bool assigns() const {
    return std::any_of(top_.begin(), top_.end(), [&](std::size_t i) {
      return tokens_[i].text == "=" && (i == 0 || tokens_[i - 1].text != "operator");
    });
  }

  /// Index of the "(" that opens the parameter list.
  std::optional<std::size_t> parameters() const {
    const auto found = std::find_if(top_.begin(), top_.end(), [&](std::size_t i) {
      return i > 0 && tokens_[i].text == "(" && follows_name(i);
    });
    return found == top_.end() ? std::nullopt : std::optional(*found);
  }

  std::size_t close_of(std::size_t open) const {
    std::size_t i = open + 1;
    while (i < tokens_.size() && matching_open(tokens_, i) != open) {
      ++i;
    }
    return i;
  }

  /// After "Name(...) : a_{1}, b_(2)" a "{" that follows a name opens a member's initializer.
  bool opens_body(std::size_t parameters_open) const {
    const std::size_t close = close_of(parameters_open);
    const bool has_initializers = std::any_of(top_.begin(), top_.end(), [&](std::size_t i) {
      return i > close && tokens_[i].text == ":";
    });
    return !has_initializers || is_any(tokens_.back().text, {")", "}"});
  }

 private:
  bool follows_name(std::size_t open) const {
    const std::string& before = tokens_[open - 1].text;
    if (is_any(before, {"decltype", "noexcept", "requires", "alignas", "explicit", "operator",
                        "__attribute__"})) {
      return false;
    }
    const std::size_t first = open < 4 ? 0 : open - 4;
    return is_word(before) || std::any_of(tokens_.begin() + static_cast<std::ptrdiff_t>(first),
                                          tokens_.begin() + static_cast<std::ptrdiff_t>(open),
                                          [](const Token& t) { return t.text == "operator"; });
  }

  std::span<const Token> tokens_;
  std::vector<std::size_t> top_;
};

class FunctionFinder {
 public:
  explicit FunctionFinder(std::span<const Token> tokens) : tokens_(tokens) {}

  std::vector<Function> run() {
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      step(i);
    }
    return std::move(functions_);
  }

 private:
  void step(std::size_t i) {
    const std::string& text = tokens_[i].text;
    Frame& top = frames_.back();
    if (text == "{") {
      open(i);
    } else if (text == "}") {
      close(i);
    } else if (is_any(text, {"(", "["})) {
      ++top.parens;
    } else if (is_any(text, {")", "]"})) {
      --top.parens;
    } else if (top.parens == 0 && (text == ";" || ends_access_label(i))) {
      top.statement = i + 1;
    }
  }

  bool ends_access_label(std::size_t i) const {
    return i > 0 && tokens_[i].text == ":" && frames_.back().scope == Scope::type &&
           is_any(tokens_[i - 1].text, {"public", "private", "protected"});
  }

  void open(std::size_t i) {
    const Scope scope = classify(i);
    std::size_t function = 0;
    if (scope == Scope::function) {
      function = functions_.size();
      functions_.push_back(describe(i));
    }
    frames_.push_back({scope, i + 1, 0, function});
    if (scope == Scope::block) {
      record_nesting();
    }
  }

  void close(std::size_t i) {
    if (frames_.size() == 1) {
      return;
    }
    const Frame closed = frames_.back();
    frames_.pop_back();
    if (closed.scope == Scope::function) {
      functions_[closed.function].last_line = tokens_[i].line;
    }
    if (closed.scope != Scope::initializer && frames_.back().parens == 0) {
      frames_.back().statement = i + 1;
    }
  }

  std::span<const Token> statement(std::size_t end) const {
    const std::size_t begin = frames_.back().statement;
    return tokens_.subspan(begin, end - begin);
  }

  Scope classify(std::size_t i) const {
    const Frame& top = frames_.back();
    const bool in_function = top.scope == Scope::function || top.scope == Scope::block;
    if (opens_lambda(i)) {
      return inside_function() ? Scope::block : Scope::function;
    }
    if (top.scope == Scope::initializer || top.parens > 0) {
      return Scope::initializer;
    }
    return in_function ? classify_statement(i) : classify_declaration(i);
  }

  Scope classify_statement(std::size_t i) const {
    const Declaration declaration(statement(i));
    if (declaration.has({"struct", "class", "union", "enum"}) && !declaration.has({"=", "("})) {
      return Scope::type;
    }
    return is_any(tokens_[i - 1].text, {")", "else", "do", "try", "{", "}", ";", ":"})
               ? Scope::block
               : Scope::initializer;
  }

  Scope classify_declaration(std::size_t i) const {
    const Declaration declaration(statement(i));
    if (declaration.opens_names()) {
      return Scope::names;
    }
    if (declaration.assigns()) {
      return Scope::initializer;
    }
    if (declaration.has({"struct", "class", "union", "enum"})) {
      return Scope::type;
    }
    const std::optional<std::size_t> parameters = declaration.parameters();
    return parameters && declaration.opens_body(*parameters) ? Scope::function : Scope::initializer;
  }

  bool inside_function() const {
    return std::any_of(frames_.begin(), frames_.end(),
                       [](const Frame& f) { return f.scope == Scope::function; });
  }

  /// "[..] {", "[..](..) {", "[..]<..>(..) {", each with specifiers and "-> type".
  bool opens_lambda(std::size_t brace) const {
    std::size_t end = brace;  // one past the token that is looked at
    while (end > 0 && is_any(tokens_[end - 1].text, {"mutable", "noexcept", "constexpr"})) {
      --end;
    }
    end = without_return_type(end);
    if (end > 0 && tokens_[end - 1].text == ")") {
      end = matching_open(tokens_, end - 1);
      end = without_template_parameters(end);
    }
    return end > 0 && tokens_[end - 1].text == "]" &&
           !is_subscript(matching_open(tokens_, end - 1));
  }

  std::size_t without_return_type(std::size_t end) const {
    std::size_t i = end;
    while (i > 0 && (is_word(tokens_[i - 1].text) ||
                     is_any(tokens_[i - 1].text, {"::", "<", ">", "*", "&", ","}))) {
      --i;
    }
    return i > 0 && tokens_[i - 1].text == "->" ? i - 1 : end;
  }

  std::size_t without_template_parameters(std::size_t end) const {
    if (end == 0 || tokens_[end - 1].text != ">") {
      return end;
    }
    std::size_t i = end - 1;
    while (i > 0 && tokens_[i].text != "<") {
      --i;
    }
    return i;
  }

  /// "a[i]", "f()[i]", "operator[]" and attributes are not captures.
  bool is_subscript(std::size_t open) const {
    const std::string before = open == 0 ? "" : tokens_[open - 1].text;
    const bool keyword = is_any(before, {"return", "co_return", "else", "case"});
    return before == "[" || before == "]" || before == ")" || (is_word(before) && !keyword);
  }

  Function describe(std::size_t brace) const {
    const std::span<const Token> tokens = statement(brace);
    const Declaration declaration(tokens);
    Function out{.name = "lambda",
                 .first_line = tokens.empty() ? tokens_[brace].line : tokens.front().line,
                 .last_line = tokens_[brace].line};
    if (const std::optional<std::size_t> open = declaration.parameters()) {
      out.name = tokens[*open - 1].text;
      out.num_parameters =
          count_parameters(tokens.subspan(*open + 1, declaration.close_of(*open) - *open - 1));
    }
    return out;
  }

  void record_nesting() {
    int depth = 0;
    for (auto frame = frames_.rbegin(); frame != frames_.rend(); ++frame) {
      if (frame->scope == Scope::function) {
        int& deepest = functions_[frame->function].nesting;
        deepest = std::max(deepest, depth);
        return;
      }
      depth += frame->scope == Scope::block ? 1 : 0;
    }
  }

  std::span<const Token> tokens_;
  std::vector<Frame> frames_{Frame{}};
  std::vector<Function> functions_;
};

}  // namespace

std::vector<Function> find_functions(const std::vector<Token>& tokens) {
  return FunctionFinder(tokens).run();
}

}  // namespace automodel::layers
