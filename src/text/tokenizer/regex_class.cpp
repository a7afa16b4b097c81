#include "text/tokenizer/regex_class.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/error.h"
#include "text/recent_characters.h"

namespace automodel::text {
namespace {

using Names = std::pair<std::string_view, std::string_view>;

constexpr std::string_view kAny = "(?s:.)";
constexpr std::string_view kSpace =
    R"(\x{09}-\x{0d}\x{20}\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000})";
/// Letters by property only, outside the categories L, M and N: circled and squared capitals.
constexpr std::string_view kLetterSymbols =
    R"(\x{24b6}-\x{24e9}\x{1f130}-\x{1f149}\x{1f150}-\x{1f169}\x{1f170}-\x{1f189})";
/// Outside classes Oniguruma counts these numbers of Latin-1 as word characters.
constexpr std::string_view kLatin1Numbers = R"(\x{b2}-\x{b3}\x{b9}\x{bc}-\x{be})";
/// Han characters that Unicode 14, 15 and 16 added.
constexpr std::string_view kRecentHan =
    R"(\x{9ffd}-\x{9fff}\x{2a6de}-\x{2a6df}\x{2b735}-\x{2b739}\x{2ebf0}-\x{2ee5d}\x{31350}-\x{323af})";
constexpr int kMaxDepth = 20;
constexpr std::string_view kHex = "0-9a-fA-F";

/// General categories by their short and long names, spelled without separators in lower case.
constexpr auto kCategories = std::to_array<Names>({
    {"l", "L"},     {"letter", "L"},
    {"lu", "Lu"},   {"uppercaseletter", "Lu"},
    {"ll", "Ll"},   {"lowercaseletter", "Ll"},
    {"lt", "Lt"},   {"titlecaseletter", "Lt"},
    {"lm", "Lm"},   {"modifierletter", "Lm"},
    {"lo", "Lo"},   {"otherletter", "Lo"},
    {"m", "M"},     {"mark", "M"},
    {"mn", "Mn"},   {"nonspacingmark", "Mn"},
    {"mc", "Mc"},   {"spacingmark", "Mc"},
    {"me", "Me"},   {"enclosingmark", "Me"},
    {"n", "N"},     {"number", "N"},
    {"nd", "Nd"},   {"decimalnumber", "Nd"},
    {"nl", "Nl"},   {"letternumber", "Nl"},
    {"no", "No"},   {"othernumber", "No"},
    {"p", "P"},     {"punctuation", "P"},
    {"pc", "Pc"},   {"connectorpunctuation", "Pc"},
    {"pd", "Pd"},   {"dashpunctuation", "Pd"},
    {"ps", "Ps"},   {"openpunctuation", "Ps"},
    {"pe", "Pe"},   {"closepunctuation", "Pe"},
    {"pi", "Pi"},   {"initialpunctuation", "Pi"},
    {"pf", "Pf"},   {"finalpunctuation", "Pf"},
    {"po", "Po"},   {"otherpunctuation", "Po"},
    {"s", "S"},     {"symbol", "S"},
    {"sm", "Sm"},   {"mathsymbol", "Sm"},
    {"sc", "Sc"},   {"currencysymbol", "Sc"},
    {"sk", "Sk"},   {"modifiersymbol", "Sk"},
    {"so", "So"},   {"othersymbol", "So"},
    {"z", "Z"},     {"separator", "Z"},
    {"zs", "Zs"},   {"spaceseparator", "Zs"},
    {"zl", "Zl"},   {"lineseparator", "Zl"},
    {"zp", "Zp"},   {"paragraphseparator", "Zp"},
    {"c", "C"},     {"other", "C"},
    {"cc", "Cc"},   {"control", "Cc"},
    {"cf", "Cf"},   {"format", "Cf"},
    {"co", "Co"},   {"privateuse", "Co"},
    {"cn", "Cn"},   {"unassigned", "Cn"},
    {"any", "Any"},
});

/// Class content for characters of the categories that start with one of `names`, recent characters
/// included.
std::string categories(std::initializer_list<std::string_view> names) {
  std::string items;
  for (const std::string_view name : names) {
    items += fmt::format("\\p{{{}}}", name);
    for (const RecentCharacters& row : recent_characters()) {
      if (row.category.starts_with(name)) {
        items += fmt::format("\\x{{{:x}}}-\\x{{{:x}}}", std::uint32_t{row.first},
                             std::uint32_t{row.last});
      }
    }
  }
  return items;
}

std::string word_items() { return categories({"L", "M", "Nd", "Nl", "Pc"}).append(kLetterSymbols); }

/// Class content for POSIX names and the like; nothing for names that are not known.
std::optional<std::string> named_set(std::string_view name) {
  if (name == "space" || name == "whitespace") {
    return std::string(kSpace);
  }
  if (name == "word") {
    return word_items();
  }
  if (name == "digit") {
    return categories({"Nd"});
  }
  if (name == "xdigit") {
    return std::string(kHex);
  }
  if (name == "punct") {
    return categories({"P", "S"});
  }
  if (name == "cntrl") {
    return categories({"Cc"});
  }
  if (name == "ascii") {
    return R"(\x{00}-\x{7f})";
  }
  return std::nullopt;
}

/// Unassigned characters and everything that includes them must not hold the recent ones.
CharacterSet other_categories(std::string_view name) {
  std::string assigned;
  for (const RecentCharacters& row : recent_characters()) {
    if (row.category.front() != 'C') {
      assigned +=
          fmt::format("\\x{{{:x}}}-\\x{{{:x}}}", std::uint32_t{row.first}, std::uint32_t{row.last});
    }
  }
  return {"", {fmt::format("(?![{}])\\p{{{}}}", assigned, name)}};
}

template <std::size_t n>
std::optional<std::string_view> lookup(const std::array<Names, n>& table, std::string_view name) {
  const auto row = std::ranges::find(table, name, &Names::first);
  return row == table.end() ? std::nullopt : std::optional(row->second);
}

std::string plain_name(std::string_view name) {
  std::string plain;
  for (const char c : name) {
    if (c != ' ' && c != '_' && c != '-') {
      plain += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    }
  }
  return plain;
}

/// \p{Han} alone means Script_Extensions since PCRE2 10.40; Oniguruma means Script.
std::string script(std::string_view name) {
  return PCRE2_MAJOR > 10 || PCRE2_MINOR >= 40 ? fmt::format("\\p{{sc:{}}}", name)
                                               : fmt::format("\\p{{{}}}", name);
}

int hex_digit(char32_t c) {
  if (c >= '0' && c <= '9') {
    return static_cast<int>(c - '0');
  }
  const char32_t lower = c | 0x20;
  return lower >= 'a' && lower <= 'f' ? static_cast<int>(lower - 'a') + 10 : -1;
}

/// Up to `max_digits` hexadecimal digits; at least one.
char32_t read_hex(RegexCursor& cursor, int max_digits) {
  char32_t value = 0;
  int digits = 0;
  while (digits < max_digits && hex_digit(cursor.peek()) >= 0) {
    value = value * 16 + static_cast<char32_t>(hex_digit(cursor.take()));
    ++digits;
  }
  if (digits == 0 || value > 0x10FFFF) {
    cursor.broken("a hexadecimal character number");
  }
  return value;
}

void add(CharacterSet& set, const CharacterSet& part) {
  if (!part.negated) {
    set.simple += part.simple;
    set.others.insert(set.others.end(), part.others.begin(), part.others.end());
  } else {
    set.others.push_back(to_pcre2(part));
  }
}

CharacterSet read_posix(RegexCursor& cursor) {
  CharacterSet set;
  set.negated = cursor.skip("^");
  const std::string_view name = cursor.take_until(":]");
  const auto content = named_set(plain_name(name));
  if (!content) {
    cursor.unsupported(fmt::format("the class [:{}:]", name));
  }
  set.simple = *content;
  return set;
}

/// A single character or an escape inside a class; sets become part of `set` and give nothing.
std::optional<char32_t> read_member(RegexCursor& cursor, CharacterSet& set) {
  if (!cursor.skip("\\")) {
    return cursor.take();
  }
  const char32_t letter = cursor.peek();
  if (letter == 'p' || letter == 'P') {
    cursor.take();
    add(set, read_property(cursor, letter == 'P'));
    return std::nullopt;
  }
  if (letter < 0x80 &&
      std::string_view("dDsSwWhH").find(static_cast<char>(letter)) != std::string_view::npos) {
    add(set, shorthand(cursor.take(), true));
    return std::nullopt;
  }
  if (cursor.skip("b")) {
    return U'\b';
  }
  return read_escaped_character(cursor);
}

void read_item(RegexCursor& cursor, CharacterSet& set, int depth) {
  if (cursor.skip("[:")) {
    return add(set, read_posix(cursor));
  }
  if (cursor.skip("[")) {
    set.others.push_back(read_class(cursor, depth + 1));
    return;
  }
  const auto first = read_member(cursor, set);
  if (!first) {
    return;
  }
  set.simple += escape_character(*first);
  if (!cursor.next_is("-") || cursor.next_is("-]") || cursor.next_is("-&&") ||
      cursor.next_is("-[")) {
    return;
  }
  cursor.skip("-");
  const auto last = read_member(cursor, set);
  if (!last || *last < *first) {
    cursor.broken("a range of characters");
  }
  set.simple += '-';
  set.simple += escape_character(*last);
}

std::string intersect(const std::vector<CharacterSet>& sets) {
  std::string text = "(?:";
  for (std::size_t i = 0; i + 1 < sets.size(); ++i) {
    text += fmt::format("(?={})", to_pcre2(sets[i]));
  }
  return text + to_pcre2(sets.back()) + ")";
}

}  // namespace

bool RegexCursor::skip(std::string_view text) {
  const bool found = next_is(text);
  at_ += found ? text.size() : 0;
  return found;
}

char32_t RegexCursor::take() {
  if (done()) {
    broken("more");
  }
  const CodePoint c = decode_at(pattern_, at_);
  at_ += c.size;
  return c.value;
}

std::string_view RegexCursor::take_until(std::string_view end) {
  const auto found = pattern_.find(end, at_);
  if (found == std::string_view::npos) {
    broken(fmt::format("'{}'", end));
  }
  const auto text = pattern_.substr(at_, found - at_);
  at_ = found + end.size();
  return text;
}

void RegexCursor::unsupported(std::string_view what) const {
  fail(ErrorKind::unsupported, "regular expression '{}': {} (before byte {}) is not supported",
       pattern_, what, at_);
}

void RegexCursor::broken(std::string_view what) const {
  fail(ErrorKind::corrupt_data, "regular expression '{}': expected {} at byte {}", pattern_, what,
       at_);
}

std::string to_pcre2(const CharacterSet& set) {
  if (set.others.empty()) {
    if (set.simple.empty()) {
      return set.negated ? std::string(kAny) : "(?!)";
    }
    return fmt::format("[{}{}]", set.negated ? "^" : "", set.simple);
  }
  std::string choices = set.simple.empty() ? "" : fmt::format("[{}]|", set.simple);
  choices += fmt::format("{}", fmt::join(set.others, "|"));
  return set.negated ? fmt::format("(?:(?!{}){})", choices, kAny) : fmt::format("(?:{})", choices);
}

CharacterSet shorthand(char32_t letter, bool in_class) {
  const bool negated = letter < 'a';
  switch (negated ? letter - 'A' + 'a' : letter) {
    case 'd':
      return {categories({"Nd"}), {}, negated};
    case 's':
      return {std::string(kSpace), {}, negated};
    case 'w':
      return {in_class ? word_items() : word_items().append(kLatin1Numbers), {}, negated};
    default:
      return {std::string(kHex), {}, negated};
  }
}

CharacterSet read_property(RegexCursor& cursor, bool negated) {
  if (!cursor.skip("{")) {
    cursor.unsupported("\\p without braces");
  }
  negated = cursor.skip("^") != negated;
  const std::string_view name = cursor.take_until("}");
  const std::string plain = plain_name(name);
  if (const auto category = lookup(kCategories, plain)) {
    CharacterSet set = *category == "C" || *category == "Cn"
                           ? other_categories(*category)
                           : CharacterSet{categories({*category})};
    set.negated = negated;
    return set;
  }
  if (const auto set = named_set(plain)) {
    return {*set, {}, negated};
  }
  const bool letters =
      std::all_of(plain.begin(), plain.end(), [](char c) { return c >= 'a' && c <= 'z'; });
  if (!letters || plain.empty()) {
    cursor.unsupported(fmt::format("the property '{}'", name));
  }
  return {plain == "han" ? script(name).append(kRecentHan) : script(name), {}, negated};
}

char32_t read_escaped_character(RegexCursor& cursor) {
  const char32_t letter = cursor.take();
  switch (letter) {
    case 't':
      return U'\t';
    case 'n':
      return U'\n';
    case 'r':
      return U'\r';
    case 'f':
      return U'\f';
    case 'v':
      return U'\v';
    case 'a':
      return U'\a';
    case 'e':
      return 0x1B;
    case 'u':
      return read_hex(cursor, 4);
    case 'x':
      break;
    default:
      if (hex_digit(letter) >= 0 || ((letter | 0x20) >= 'a' && (letter | 0x20) <= 'z')) {
        cursor.unsupported(fmt::format("the escape \\{}", to_utf8(letter)));
      }
      return letter;
  }
  if (cursor.skip("{")) {
    const char32_t value = read_hex(cursor, 8);
    if (!cursor.skip("}")) {
      cursor.broken("'}'");
    }
    return value;
  }
  const char32_t value = read_hex(cursor, 2);
  if (value >= 0x80) {
    cursor.unsupported(
        "a single byte of a character");  // Oniguruma reads \xE2 as a byte, not as U+00E2
  }
  return value;
}

std::string read_class(RegexCursor& cursor, int depth) {
  if (depth > kMaxDepth) {
    cursor.unsupported("so deep a nesting of classes");
  }
  const bool negated = cursor.skip("^");
  std::vector<CharacterSet> sets(1);
  if (cursor.skip("]")) {  // first, it stands for itself
    sets.back().simple += "\\]";
  }
  while (!cursor.skip("]")) {
    if (cursor.done()) {
      cursor.broken("']'");
    }
    if (cursor.skip("&&")) {
      sets.emplace_back();
    } else {
      read_item(cursor, sets.back(), depth);
    }
  }
  if (sets.size() == 1) {
    sets.front().negated = negated;
    return to_pcre2(sets.front());
  }
  return negated ? to_pcre2(CharacterSet{"", {intersect(sets)}, true}) : intersect(sets);
}

std::string escape_character(char32_t c) {
  if (c < 0x20 || c == 0x7F) {
    return fmt::format("\\x{{{:02x}}}", static_cast<std::uint32_t>(c));
  }
  const bool special = c < 0x80 && is_punctuation(c);
  return fmt::format("{}{}", special ? "\\" : "", to_utf8(c));
}

}  // namespace automodel::text
