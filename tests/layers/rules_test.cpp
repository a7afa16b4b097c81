// Proves that each structural rule can fail: bad snippets in, the expected problem out.

#include "tests/layers/rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace automodel::layers {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Table kTable = parse_table("# comment: none\nbase:\ntensor: base torch\ndata: base\n");

std::string lines(int count, std::string_view line) {
  std::string out;
  for (int i = 0; i < count; ++i) {
    out += std::string(line) + "\n";
  }
  return out;
}

TEST(CheckTable, AcceptsModulesAboveOnly) {
  EXPECT_THAT(check_table(kTable), IsEmpty());
  EXPECT_THAT(check_table(parse_table("a: b\nb: a\n")),
              ElementsAre(HasSubstr("a names b, which is not above it")));
  EXPECT_THAT(check_table(parse_table("a: a\n")), ElementsAre(HasSubstr("a names a")));
  EXPECT_THAT(check_table(parse_table("a:\na:\n")), ElementsAre(HasSubstr("a is listed twice")));
  EXPECT_THAT(check_table(parse_table("a: nothing\n")), ElementsAre(HasSubstr("a names nothing")));
}

TEST(CheckIncludes, AcceptsWhatTheTableGives) {
  EXPECT_THAT(
      check_includes(
          kTable,
          {{"src/tensor/x.cpp",
            "#include <ATen/ATen.h>\n#include <vector>\n"
            "#include \"base/error.h\"\n#include \"tensor/x.h\"\n"},
           {"tests/tensor/x_test.cpp",
            "#include <torch/all.h>\n#include \"tests/base/texts.h\"\n#include \"own.h\"\n"},
           {"tests/layers/rules.cpp", "#include \"other/x.h\"\n"}}),
      IsEmpty());
}

TEST(CheckIncludes, RefusesOtherModules) {
  EXPECT_THAT(
      check_includes(kTable, {{"src/data/x.h", "\n#include \"tensor/x.h\"\n"}}),
      ElementsAre("src/data/x.h:2: \"tensor/x.h\": src/LAYERS does not let data include tensor"));
  EXPECT_THAT(check_includes(kTable, {{"tests/data/x_test.cpp", "#include \"tests/tensor/x.h\""}}),
              ElementsAre(HasSubstr("does not let data include tensor")));
  EXPECT_THAT(check_includes(kTable, {{"src/base/x.h", "#include \"x.h\""}}),
              ElementsAre(HasSubstr("quoted includes start with a module")));
  EXPECT_THAT(check_includes(kTable, {{"src/stray/x.h", ""}}),
              ElementsAre(HasSubstr("no module of src/LAYERS")));
}

TEST(CheckIncludes, RefusesLibTorchWithoutTheWord) {
  for (const auto* header : {"ATen/ATen.h", "c10/util/Half.h", "torch/version.h"}) {
    const std::string text = "#include <" + std::string(header) + ">";
    EXPECT_THAT(check_includes(kTable, {{"src/data/x.h", text}}),
                ElementsAre(HasSubstr("src/LAYERS gives data no LibTorch")));
  }
  EXPECT_THAT(check_includes(kTable, {{"src/data/x.h", "#include <arrow/api.h>"}}),
              ElementsAre(HasSubstr("src/LAYERS gives data no Arrow")));
}

TEST(CheckMirror, AcceptsEachKindOfTest) {
  EXPECT_THAT(
      check_mirror({{"src/a/x.cpp", ""}, {"tests/a/x_test.cpp", ""}, {"src/a/main.cpp", ""}}),
      IsEmpty());
  EXPECT_THAT(check_mirror({{"src/a/b/x.cpp", ""}, {"tests/a/b/x_test.cpp", ""}}), IsEmpty());
  EXPECT_THAT(check_mirror({{"src/a/b/x.cpp", ""}, {"tests/a/b_test.cpp", ""}}), IsEmpty());
  EXPECT_THAT(check_mirror({{"src/a/x.cpp", ""}, {"tests/parity/a/test_x.py", ""}}), IsEmpty());
  EXPECT_THAT(check_mirror({{"src/a/b/x.cpp", ""}, {"tests/cli/test_b.py", ""}}), IsEmpty());
  EXPECT_THAT(check_mirror({{"src/cli/x.cpp", ""}, {"tests/cli/x_test.cpp", ""}}), IsEmpty());
  EXPECT_THAT(check_mirror({{"src/a/only_a_header.h", ""}}), IsEmpty());
}

TEST(CheckMirror, RefusesASourceWithoutTest) {
  EXPECT_THAT(
      check_mirror({{"src/a/x.cpp", ""}}),
      ElementsAre("src/a/x.cpp: has no test; expected one of tests/a/x_test.cpp, test_x.py"));
  EXPECT_THAT(check_mirror({{"src/a/x.cpp", ""}, {"tests/a_test.cpp", ""}}), ::testing::SizeIs(1));
  EXPECT_THAT(check_mirror({{"src/a/x.cpp", ""}, {"tests/b/x_test.cpp", ""}}),
              ::testing::SizeIs(1));
  EXPECT_THAT(check_mirror({{"src/a/x.cpp", ""}, {"examples/test_x.py", ""}}),
              ::testing::SizeIs(1));
}

TEST(CheckSizes, LimitsFiles) {
  EXPECT_THAT(check_sizes({{"a.py", lines(500, "x")}}), IsEmpty());
  EXPECT_THAT(check_sizes({{"a.py", lines(501, "x")}}),
              ElementsAre("a.py: has 501 lines, the limit is 500"));
}

TEST(CheckSizes, LimitsFunctions) {
  const auto function = [](std::string_view name, int count) {
    return "void " + std::string(name) + "() {\n" + lines(count - 2, "  g();") + "}\n";
  };
  EXPECT_THAT(check_sizes({{"src/a/x.cpp", function("f", 60)}}), IsEmpty());
  EXPECT_THAT(check_sizes({{"src/a/x.cpp", function("f", 61)}}),
              ElementsAre("src/a/x.cpp:1: f has 61 lines, the limit is 60"));
  EXPECT_THAT(check_sizes({{"src/recipes/x.cpp", function("run_all", 100)}}), IsEmpty());
  EXPECT_THAT(check_sizes({{"src/recipes/x.cpp", function("run_all", 101)}}), ::testing::SizeIs(1));
  EXPECT_THAT(check_sizes({{"src/recipes/x.cpp", function("prepare", 61)}}), ::testing::SizeIs(1));
  EXPECT_THAT(check_sizes({{"src/train/x.cpp", function("run_all", 61)}}), ::testing::SizeIs(1));
}

TEST(CheckSizes, LimitsParametersAndNesting) {
  EXPECT_THAT(check_sizes({{"x.h", "void f(int a, int b, int c, int d, int e, int g) {}"}}),
              IsEmpty());
  EXPECT_THAT(check_sizes({{"x.h", "void f(int a, int b, int c, int d, int e, int g, int h) {}"}}),
              ElementsAre("x.h:1: f has 7 parameters, the limit is 6"));
  EXPECT_THAT(check_sizes({{"x.h", "void f() { if (a) { if (b) { if (c) { if (d) { } } } } }"}}),
              IsEmpty());
  EXPECT_THAT(
      check_sizes({{"x.h", "void f() { if (a) { if (b) { if (c) { if (d) { [] {}(); } } } } }"}}),
      ElementsAre("x.h:1: f has 5 levels of nesting, the limit is 4"));
}

}  // namespace
}  // namespace automodel::layers
