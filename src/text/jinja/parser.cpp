#include "text/jinja/parser.h"

#include <algorithm>
#include <array>

#include "text/jinja/expression_parser.h"
#include "text/jinja/scope.h"
#include "text/jinja/token_stream.h"

namespace automodel::text::jinja {
namespace {

constexpr int kMaxBlocks = 60;

using Names = std::vector<std::string_view>;

std::string quoted(const Names& names) {
  std::string out;
  for (const std::string_view name : names) {
    out += (out.empty() ? "'" : " or '") + std::string(name) + "'";
  }
  return out;
}

class StatementParser {
 public:
  StatementParser(TokenStream& tokens) : tokens_(tokens), expressions_(tokens) {}

  Body parse() { return statements({}); }
  bool has_generation_blocks() const { return has_generation_blocks_; }

 private:
  // Until a block tag with one of these names, which stays current; with no names until the end of
  // the template.
  Body statements(const Names& ends) {
    if (ends_.size() >= kMaxBlocks) {
      tokens_.error(tokens_.current().line, "blocks are nested more than {} levels deep",
                    kMaxBlocks);
    }
    ends_.push_back(ends);
    Body body;
    while (!tokens_.at(TokenKind::end)) {
      if (tokens_.at(TokenKind::text)) {
        const Token& token = tokens_.next();
        body.push_back({TextStmt{token.text}, token.line});
      } else if (tokens_.at(TokenKind::variable_begin)) {
        const int line = tokens_.next().line;
        body.push_back({PrintStmt{expressions_.tuple()}, line});
        tokens_.expect(TokenKind::variable_end, "end of print statement");
      } else {
        tokens_.next();
        if (at_any(ends)) {
          break;
        }
        statement(body);
        tokens_.expect(TokenKind::block_end, "end of statement block");
      }
    }
    ends_.pop_back();
    return body;
  }

  bool at_any(const Names& names) const {
    return std::any_of(names.begin(), names.end(),
                       [&](std::string_view name) { return tokens_.at_name(name); });
  }

  // The body of a block up to one of the end tags; the end tag is current.
  Body block(const Names& ends) {
    tokens_.skip_op(":");
    tokens_.expect(TokenKind::block_end, "end of statement block");
    Body body = statements(ends);
    if (tokens_.at(TokenKind::end)) {
      tokens_.error(tokens_.current().line,
                    "Unexpected end of template. Jinja was looking for the following tags: {}. The "
                    "innermost block that needs to be closed is '{}'.",
                    quoted(ends), open_.empty() ? "" : open_.back());
    }
    return body;
  }

  Body block_to(std::string_view end) {
    Body body = block({end});
    tokens_.next();
    return body;
  }

  void statement(Body& body) {
    const Token token = tokens_.current();
    if (token.kind != TokenKind::name) {
      tokens_.error(token.line, "tag name expected, got '{}'", describe(token));
    }
    refuse_unsupported(token);
    using Rule = void (StatementParser::*)(Body&, int);
    static constexpr std::array<std::pair<std::string_view, Rule>, 11> kRules = {
        {{"set", &StatementParser::set},
         {"if", &StatementParser::if_block},
         {"for", &StatementParser::for_block},
         {"macro", &StatementParser::macro},
         {"call", &StatementParser::call},
         {"filter", &StatementParser::filter},
         {"with", &StatementParser::with},
         {"print", &StatementParser::print},
         {"generation", &StatementParser::generation},
         {"break", &StatementParser::loop_control},
         {"continue", &StatementParser::loop_control}}};
    const auto* const rule = std::find_if(
        kRules.begin(), kRules.end(), [&](const auto& entry) { return entry.first == token.text; });
    if (rule == kRules.end()) {
      unknown_tag(token);
    }
    open_.push_back(token.text);
    (this->*rule->second)(body, token.line);
    open_.pop_back();
  }

  void refuse_unsupported(const Token& token) const {
    static constexpr std::array<std::string_view, 6> kUnsupported = {
        "include", "import", "from", "extends", "block", "autoescape"};
    const bool refused =
        std::find(kUnsupported.begin(), kUnsupported.end(), token.text) != kUnsupported.end();
    check(!refused, ErrorKind::unsupported,
          "{}:{}: the tag '{}' is not supported; a chat template stands alone", tokens_.name(),
          token.line, token.text);
  }

  [[noreturn]] void unknown_tag(const Token& token) const {
    const Names& ends = ends_.back();
    const std::string looking =
        ends.empty() ? "" : " Jinja was looking for the following tags: " + quoted(ends) + ".";
    const std::string innermost =
        open_.empty() ? ""
                      : " The innermost block that needs to be closed is '" + open_.back() + "'.";
    tokens_.error(token.line, "Encountered unknown tag '{}'.{}{}", token.text, looking, innermost);
  }

  Target name_target() {
    const Token& token = tokens_.expect(TokenKind::name, "name");
    static constexpr std::array<std::string_view, 6> kConstants = {"true", "false", "none",
                                                                   "True", "False", "None"};
    if (std::find(kConstants.begin(), kConstants.end(), token.text) != kConstants.end()) {
      tokens_.error(token.line, "can't assign to '{}'", token.text);
    }
    Target target;
    target.name = token.text;
    return target;
  }

  Target single_target(bool with_attribute) {
    if (tokens_.skip_op("(")) {
      Target inner = target(with_attribute);
      tokens_.expect_op(")");
      return inner;
    }
    if (!tokens_.at(TokenKind::name)) {
      tokens_.error(tokens_.current().line, "can't assign to '{}', expected a name",
                    describe(tokens_.current()));
    }
    Target single = name_target();
    if (with_attribute && tokens_.skip_op(".")) {
      single.attribute = tokens_.expect(TokenKind::name, "name").text;
    }
    return single;
  }

  Target target(bool with_attribute) {
    Target first = single_target(with_attribute);
    if (!tokens_.at_op(",")) {
      return first;
    }
    Target tuple;
    tuple.is_tuple = true;
    tuple.items.push_back(std::move(first));
    while (tokens_.skip_op(",")) {
      if (tokens_.at_op("=") || tokens_.at_op(")") || tokens_.at_name("in") ||
          tokens_.at(TokenKind::block_end)) {
        break;
      }
      tuple.items.push_back(single_target(with_attribute));
    }
    return tuple;
  }

  void set(Body& body, int line) {
    tokens_.next();
    Target to = target(true);
    if (tokens_.skip_op("=")) {
      body.push_back({SetStmt{std::move(to), expressions_.tuple()}, line});
      return;
    }
    SetBlockStmt block;
    block.target = std::move(to);
    block.filter = expressions_.filters(nullptr, false);
    block.body = block_to("endset");
    body.push_back({std::move(block), line});
  }

  void if_block(Body& body, int line) {
    tokens_.next();
    IfStmt statement = branch();
    while (tokens_.skip_name("elif")) {
      statement.elifs.push_back(branch());
    }
    if (tokens_.skip_name("else")) {
      statement.otherwise = block({"endif"});
    }
    tokens_.next();
    body.push_back({std::move(statement), line});
  }

  IfStmt branch() {
    IfStmt out;
    out.test = expressions_.tuple(false);
    out.body = block({"elif", "else", "endif"});
    return out;
  }

  void for_block(Body& body, int line) {
    tokens_.next();
    ForStmt loop;
    loop.target = target(false);
    if (!tokens_.skip_name("in")) {
      tokens_.error(tokens_.current().line, "expected token 'in', got '{}'",
                    describe(tokens_.current()));
    }
    loop.items = expressions_.tuple(false, "recursive");
    if (tokens_.skip_name("if")) {
      loop.test = expressions_.expression();
    }
    loop.recursive = tokens_.skip_name("recursive");
    const int outer_loops = std::exchange(loops_, (loop.recursive ? 0 : loops_) + 1);
    loop.body = block({"endfor", "else"});
    loops_ = loop.recursive ? 0 : outer_loops;
    if (tokens_.skip_name("else")) {
      loop.otherwise = block({"endfor"});
    }
    loops_ = outer_loops;
    tokens_.next();
    body.push_back({std::move(loop), line});
  }

  void loop_control(Body& body, int line) {
    const bool is_break = tokens_.next().text == "break";
    if (loops_ == 0) {
      tokens_.error(line, "'{}' outside loop", is_break ? "break" : "continue");
    }
    body.push_back({is_break ? Stmt::Node(BreakStmt{}) : Stmt::Node(ContinueStmt{}), line});
  }

  void parameters(MacroBody& macro) {
    tokens_.expect_op("(");
    while (!tokens_.at_op(")")) {
      if (!macro.parameters.empty()) {
        tokens_.expect_op(",");
      }
      const int line = tokens_.current().line;
      const std::string name = name_target().name;
      const auto& names = macro.parameters;
      if (std::find(names.begin(), names.end(), name) != names.end()) {
        tokens_.error(line, "duplicate argument '{}' in macro definition", name);
      }
      if (tokens_.skip_op("=")) {
        macro.defaults.push_back(expressions_.expression());
      } else if (!macro.defaults.empty()) {
        tokens_.error(line, "non-default argument follows default argument");
      }
      macro.parameters.push_back(name);
    }
    tokens_.expect_op(")");
  }

  Body macro_body(std::string_view end) {
    const int outer_loops = std::exchange(loops_, 0);
    Body body = block_to(end);
    loops_ = outer_loops;
    return body;
  }

  void macro(Body& body, int line) {
    tokens_.next();
    MacroStmt statement;
    statement.macro.name = name_target().name;
    parameters(statement.macro);
    statement.macro.body = macro_body("endmacro");
    body.push_back({std::move(statement), line});
  }

  void call(Body& body, int line) {
    tokens_.next();
    CallStmt statement;
    if (tokens_.at_op("(")) {
      parameters(statement.macro);
    }
    statement.call = expressions_.expression();
    if (!std::holds_alternative<CallExpr>(statement.call->node)) {
      tokens_.error(line, "expected call");
    }
    statement.macro.body = macro_body("endcall");
    body.push_back({std::move(statement), line});
  }

  void generation(Body& body, int line) {
    tokens_.next();
    GenerationStmt statement;
    statement.macro.body = macro_body("endgeneration");
    has_generation_blocks_ = true;
    body.push_back({std::move(statement), line});
  }

  void filter(Body& body, int line) {
    tokens_.next();
    FilterStmt statement;
    statement.filter = expressions_.filters(nullptr, true);
    statement.body = block_to("endfilter");
    body.push_back({std::move(statement), line});
  }

  void with(Body& body, int line) {
    tokens_.next();
    WithStmt statement;
    while (!tokens_.at(TokenKind::block_end)) {
      if (!statement.assignments.empty()) {
        tokens_.expect_op(",");
      }
      Target to = target(false);
      tokens_.expect_op("=");
      statement.assignments.emplace_back(std::move(to), expressions_.expression());
    }
    statement.body = block_to("endwith");
    body.push_back({std::move(statement), line});
  }

  void print(Body& body, int line) {
    tokens_.next();
    bool first = true;
    while (!tokens_.at(TokenKind::block_end)) {
      if (!first) {
        tokens_.expect_op(",");
      }
      first = false;
      body.push_back({PrintStmt{expressions_.expression()}, line});
    }
  }

  TokenStream& tokens_;
  ExpressionParser expressions_;
  std::vector<Names> ends_;
  std::vector<std::string> open_;
  int loops_ = 0;
  bool has_generation_blocks_ = false;
};

}  // namespace

Template parse_template(std::string_view source, std::string name) {
  TokenStream tokens(tokenize(source, name), name);
  StatementParser parser(tokens);
  Template out;
  out.name = std::move(name);
  out.body = parser.parse();
  out.has_generation_blocks = parser.has_generation_blocks();
  resolve_scopes(out);
  return out;
}

}  // namespace automodel::text::jinja
