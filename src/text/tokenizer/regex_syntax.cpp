#include "text/tokenizer/regex_syntax.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "base/error.h"
#include "text/tokenizer/regex_class.h"

namespace automodel::text {
namespace {

/// Walks through the expression once and writes its translation.
class Translator {
 public:
  explicit Translator(std::string_view pattern) : cursor_(pattern) {}
  std::string run();

 private:
  /// An open group: where it starts in the output and how many brackets its end closes.
  struct Group {
    std::size_t start;
    int brackets;
  };

  void step();
  void escape();
  void group();
  void options();
  void close();
  bool quantifier();
  void interval();
  void atom(std::string_view text);
  std::optional<std::string> read_interval();

  RegexCursor cursor_;
  std::string out_;
  std::vector<Group> groups_{{0, 0}};
  std::size_t atom_ = 0;  // where the last quantifiable piece starts in out_
};

std::string Translator::run() {
  while (!cursor_.done()) {
    step();
  }
  if (groups_.size() > 1) {
    cursor_.broken("')'");
  }
  out_.append(static_cast<std::size_t>(groups_.back().brackets), ')');
  return out_;
}

void Translator::atom(std::string_view text) {
  atom_ = out_.size();
  out_ += text;
}

void Translator::step() {
  if (cursor_.skip("\\")) {
    escape();
  } else if (cursor_.skip("[")) {
    atom(read_class(cursor_));
  } else if (cursor_.skip("(")) {
    group();
  } else if (cursor_.skip(")")) {
    close();
  } else if (cursor_.next_is("{")) {
    interval();
  } else if (!quantifier()) {
    const char32_t c = cursor_.take();
    const bool special = c == '|' || c == '.' || c == '^' || c == '$';
    atom(special ? to_utf8(c) : escape_character(c));
  }
}

void Translator::escape() {
  const char32_t letter = cursor_.peek();
  if (letter == 'p' || letter == 'P') {
    cursor_.take();
    return atom(to_pcre2(read_property(cursor_, letter == 'P')));
  }
  if (letter == 0 || letter >= 0x80) {
    return atom(escape_character(read_escaped_character(cursor_)));
  }
  const char ascii = static_cast<char>(letter);
  if (std::string_view("dDsSwWhH").find(ascii) != std::string_view::npos) {
    return atom(to_pcre2(shorthand(cursor_.take(), false)));
  }
  if (std::string_view("AzZGR").find(ascii) != std::string_view::npos ||
      (ascii >= '1' && ascii <= '9')) {
    cursor_.take();
    return atom(std::string("\\") + ascii);
  }
  if (ascii == 'b' || ascii == 'B') {
    cursor_.take();
    const std::string word = to_pcre2(shorthand('w', false));
    const char* const format = ascii == 'b' ? "(?:(?<={0})(?!{0})|(?<!{0})(?={0}))"
                                            : "(?:(?<={0})(?={0})|(?<!{0})(?!{0}))";
    return atom(fmt::format(fmt::runtime(format), word));
  }
  atom(escape_character(read_escaped_character(cursor_)));
}

void Translator::group() {
  if (cursor_.skip("?#")) {
    cursor_.take_until(")");
    return;
  }
  groups_.push_back({out_.size(), 1});
  for (const std::string_view kind : {"?:", "?=", "?!", "?>", "?<=", "?<!"}) {
    if (cursor_.skip(kind)) {
      out_ += '(';
      out_ += kind;
      return;
    }
  }
  if (cursor_.skip("?<")) {
    out_ += fmt::format("(?<{}>", cursor_.take_until(">"));
  } else if (cursor_.skip("?")) {
    options();
  } else {
    out_ += '(';
  }
}

/// (?i), (?m-i) and (?i:...): the first two hold to the end of the enclosing group, alternatives
/// included.
void Translator::options() {
  std::string flags;
  while (!cursor_.next_is(")") && !cursor_.next_is(":")) {
    const char32_t flag = cursor_.take();
    if (flag != 'i' && flag != 'm' && flag != '-') {
      cursor_.unsupported(fmt::format("the group (?{}{}", flags, to_utf8(flag)));
    }
    flags +=
        flag == 'm' ? 's' : static_cast<char>(flag);  // Oniguruma's m lets the dot match line ends
  }
  out_ += fmt::format("(?{}:", flags);
  if (!cursor_.skip(":")) {
    cursor_.skip(")");
    groups_.pop_back();
    ++groups_.back().brackets;
  }
}

void Translator::close() {
  if (groups_.size() == 1) {
    cursor_.broken("'(' before ')'");
  }
  out_.append(static_cast<std::size_t>(groups_.back().brackets), ')');
  atom_ = groups_.back().start;
  groups_.pop_back();
}

bool Translator::quantifier() {
  for (const std::string_view sign : {"*", "+", "?"}) {
    if (cursor_.skip(sign)) {
      out_ += sign;
      for (const std::string_view suffix : {"?", "+"}) {  // lazy, possessive
        if (cursor_.skip(suffix)) {
          out_ += suffix;
          return true;
        }
      }
      return true;
    }
  }
  return false;
}

/// "{n}", "{n,}", "{n,m}" or "{,m}" as PCRE2 writes it; nothing if the bracket stands for itself.
std::optional<std::string> Translator::read_interval() {
  const std::string_view rest = cursor_.rest();
  const auto end = rest.find('}');
  if (end == std::string_view::npos || end < 2) {
    return std::nullopt;
  }
  const std::string_view inside = rest.substr(1, end - 1);
  if (inside.find_first_not_of("0123456789,") != std::string_view::npos || inside == "," ||
      std::count(inside.begin(), inside.end(), ',') > 1) {
    return std::nullopt;
  }
  cursor_.advance(end + 1);
  return fmt::format("{{{}{}}}", inside.front() == ',' ? "0" : "", inside);
}

void Translator::interval() {
  const auto counts = read_interval();
  if (!counts) {
    cursor_.take();
    return atom("\\{");
  }
  out_ += *counts;
  const bool fixed = counts->find(',') == std::string::npos;
  if (cursor_.next_is("+") || (fixed && cursor_.next_is("?"))) {
    // Here "+" repeats and "{n}?" makes optional, where PCRE2 would read possessive and lazy.
    out_.insert(atom_, "(?:");
    out_ += ')';
    out_ += static_cast<char>(cursor_.take());
  } else if (cursor_.skip("?")) {
    out_ += '?';
  }
}

}  // namespace

std::string to_pcre2(std::string_view pattern) { return Translator(pattern).run(); }

}  // namespace automodel::text
