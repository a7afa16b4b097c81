#include "tests/layers/functions.h"

#include <gtest/gtest.h>

namespace automodel::layers {
namespace {

std::vector<Function> functions(std::string_view text) {
  return find_functions(tokenize(text).tokens);
}

std::vector<std::string> names(std::string_view text) {
  std::vector<std::string> out;
  for (const Function& function : functions(text)) {
    out.push_back(function.name);
  }
  return out;
}

using Names = std::vector<std::string>;

TEST(Tokenize, DropsCommentsLiteralsAndDirectives) {
  const Tokens found = tokenize(
      "#include <a/b.h>\n#  include \"c/d.h\"\n#define X(a) \\\n  { a {\n"
      "// {\n/* { \n */ x = \"{\\\"\" + '{' + '\\'' + R\"q({\n\")\")q\" + 1'000.5;");
  std::string joined;
  for (const Token& token : found.tokens) {
    joined += token.text + " ";
  }
  EXPECT_EQ(joined, "x = \"\" + \"\" + \"\" + \"\" + 1'000.5 ; ");
  EXPECT_EQ(found.tokens.front().line, 7);
  EXPECT_EQ(found.tokens.back().line, 8);
  ASSERT_EQ(found.includes.size(), 2U);
  EXPECT_EQ(found.includes[0].path, "a/b.h");
  EXPECT_FALSE(found.includes[0].quoted);
  EXPECT_EQ(found.includes[1].path, "c/d.h");
  EXPECT_TRUE(found.includes[1].quoted);
  EXPECT_EQ(found.includes[1].line, 2);
}

TEST(Tokenize, EndsWithTheText) {
  for (const auto* text : {"\"abc", "/* abc", "R\"x(abc", "#include <abc", "'\\", "R\"", "#"}) {
    EXPECT_LE(tokenize(text).tokens.size(), 1U) << text;
  }
}

TEST(FindFunctions, FindsEveryForm) {
  EXPECT_EQ(names("namespace a::b { int f() { return 1; } }"), Names{"f"});
  EXPECT_EQ(names("namespace { inline auto f(int a) -> std::vector<int> { return {a}; } }"),
            Names{"f"});
  EXPECT_EQ(names("struct S : public B<int> { S() : a_{1}, b_(2) {} int a_, b_; };"), Names{"S"});
  EXPECT_EQ(names("class C { public: ~C() noexcept(false) { x(); } void g() const override {} };"),
            (Names{"C", "g"}));
  EXPECT_EQ(names("bool operator==(A a, A b) { return true; }").size(), 1U);
  EXPECT_EQ(names("struct F { int operator()(int a) const { return a; } };").size(), 1U);
  EXPECT_EQ(names("struct F { int operator[](int i) { return i; } };").size(), 1U);
  EXPECT_EQ(names("template <typename T = int> requires(sizeof(T) > 1) T f(T t) { return t; }"),
            Names{"f"});
  EXPECT_EQ(names("std::function<void(int)> make(int a) { return g; }"), Names{"make"});
  EXPECT_EQ(names("extern \"C\" { void f() {} }"), Names{"f"});
  EXPECT_EQ(names("const auto kF = [](int a) { return a; };"), Names{"lambda"});
  EXPECT_EQ(names("TEST(A, B) { EXPECT_TRUE(true); }"), Names{"TEST"});
}

TEST(FindFunctions, SeesNoFunctionInDataOrTypes) {
  EXPECT_EQ(names("constexpr int kA[] = {1, 2}; int b{3}; enum class E : int { x, y };"), Names{});
  EXPECT_EQ(names("struct S { int a = 1; std::array<int, 2> b{1, 2}; void f(int); };"), Names{});
  EXPECT_EQ(names("const std::map<int, int> kMap = {{1, 2}, {3, 4}};"), Names{});
}

TEST(FindFunctions, CountsParameters) {
  const auto count = [](std::string_view text) { return functions(text).at(0).num_parameters; };
  EXPECT_EQ(count("void f() {}"), 0);
  EXPECT_EQ(count("void f(void) {}"), 0);
  EXPECT_EQ(count("void f(std::map<int, int> a, int b = g(1, 2), C c = {1, 2}) {}"), 3);
  EXPECT_EQ(count("S::S(int a, int b) : a_{a}, b_(b, b) {}"), 2);
  EXPECT_EQ(count("struct F { int operator()(int a, int b) const { return a; } };"), 2);
  EXPECT_EQ(count("void f(std::vector<std::pair<int, int>> a, std::function<void(int, int)> b) {}"),
            2);
}

TEST(FindFunctions, CountsLinesFromTheDeclarationToTheBrace) {
  const auto found =
      functions("\n// comment\ntemplate <class T>\nvoid f(\n    T a) {\n  g();\n}\n");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].first_line, 3);
  EXPECT_EQ(found[0].last_line, 7);
  EXPECT_EQ(found[0].num_lines(), 5);
}

TEST(FindFunctions, CountsNesting) {
  const auto depth = [](std::string_view text) { return functions(text).at(0).nesting; };
  EXPECT_EQ(depth("void f() { g(); }"), 0);
  EXPECT_EQ(depth("void f() { if (a) { b(); } else { c(); } }"), 1);
  EXPECT_EQ(depth("void f() { for (int x : {1, 2}) { while (y) { do { g({1}); } while (z); } } }"),
            3);
  EXPECT_EQ(depth("void f() { switch (a) { case 1: { b(); } } }"), 2);
  EXPECT_EQ(depth("void f() { auto g = [&](int a) { if (a) { h(); } }; g({}); }"), 2);
  EXPECT_EQ(depth("void f() { sort(a, b, [](int a, int b) -> std::pair<A, B> { return {a}; }); }"),
            1);
  EXPECT_EQ(depth("void f() { run([&] { x(); }); }"), 1);
  EXPECT_EQ(depth("void f() { std::vector<A> a = {{1, {2}}, {3, {4}}}; return A{B{C{1}}}; }"), 0);
  EXPECT_EQ(depth("void f() { try { g(); } catch (const E& e) { if (e) { h(); } } }"), 2);
}

TEST(FindFunctions, MethodsOfALocalTypeAreFunctionsOfTheirOwn) {
  const auto found =
      functions("void f() { struct V { void g(int a, int b) { if (a) { b(); } } }; }");
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].nesting, 0);
  EXPECT_EQ(found[1].name, "g");
  EXPECT_EQ(found[1].nesting, 1);
}

}  // namespace
}  // namespace automodel::layers
