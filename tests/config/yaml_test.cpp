#include "config/yaml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace automodel::config {
namespace {

std::string complaint(std::string_view text) {
  try {
    parse_yaml(text, "r.yaml");
    return "";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::invalid_argument);
    return error.message();
  }
}

TEST(Yaml, KeepsPlacesAndQuotes) {
  const Node root = parse_yaml("a: 1\nb:\n  c: \"x\"\n  d: [1, 2]\n", "r.yaml").root;
  const Node* c = find_path(root, "b.c");
  ASSERT_NE(c, nullptr);
  EXPECT_EQ(c->origin, (Origin{OriginKind::file, 3, 6}));
  EXPECT_FALSE(c->plain);
  EXPECT_TRUE(root.find("a")->plain);
  EXPECT_EQ(find_path(root, "b.d")->items.size(), 2U);
  EXPECT_EQ(root.entries[1].key_origin, (Origin{OriginKind::file, 2, 1}));
}

TEST(Yaml, ResolvesAnchorsAndMergeKeys) {
  const Node root = parse_yaml("x: &x {a: 1, b: 2}\ny: {<<: *x, b: 3}\nz: *x\n", "r.yaml").root;
  EXPECT_EQ(to_json(*root.find("y")), Json({{"b", "3"}, {"a", "1"}}));
  EXPECT_EQ(to_json(*root.find("z")), Json({{"a", "1"}, {"b", "2"}}));
}

TEST(Yaml, WarnsOfRepeatedKeysAndTakesTheLast) {
  const YamlDocument document = parse_yaml("a: 1\nb: 2\na: 3\n", "r.yaml");
  ASSERT_EQ(document.warnings.size(), 1U);
  EXPECT_EQ(document.warnings[0].where.line, 3);
  EXPECT_THAT(document.warnings[0].text, ::testing::HasSubstr("line 1"));
  EXPECT_EQ(document.root.find("a")->text, "3");
}

TEST(Yaml, OtherTextsHaveOtherLimits) {
  const YamlKind kind{.name = "a list", .most_values = 4};
  EXPECT_EQ(parse_yaml("[1, 2, 3]\n", "r.yaml", kind).root.items.size(), 3U);
  try {
    parse_yaml("[1, 2, 3, 4]\n", "r.yaml", kind);
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), ::testing::HasSubstr("more than 4 values, aliases expanded; a "
                                                      "list may have no more"));
  }
}

TEST(Yaml, RefusesWhatIsNoRecipe) {
  EXPECT_THAT(complaint(""), ::testing::HasSubstr("the file is empty"));
  EXPECT_THAT(complaint("a: 1\n---\nb: 2\n"), ::testing::HasSubstr("more than one YAML document"));
  EXPECT_THAT(complaint("a: [1\n"), ::testing::HasSubstr("not valid YAML"));
  EXPECT_THAT(complaint("a:\t1\n"), ::testing::HasSubstr("r.yaml:1:4: a tab before this value"));
  EXPECT_THAT(complaint("a: &x [*x]\n"), ::testing::HasSubstr("cannot contain itself"));
  EXPECT_THAT(complaint("a: !!binary eA==\n"), ::testing::HasSubstr("the tag"));
  EXPECT_THAT(complaint("{a: 1}: 2\n"), ::testing::HasSubstr("a mapping as a key"));
  EXPECT_EQ(
      find_path(parse_yaml("a: {<<: {b: 1, c: 2}, <<: {b: 3}}\n", "r.yaml").root, "a.b")->text, "3")
      << "as PyYAML merges several";
  EXPECT_THAT(complaint("a: {<<: 5}\n"), ::testing::HasSubstr("'<<' merges mappings"));
  EXPECT_THAT(complaint("a: \xC3\n"), ::testing::HasSubstr("byte 0xc3 is not allowed"));
  EXPECT_THAT(complaint("a: \x01\n"), ::testing::HasSubstr("r.yaml:1: byte 0x01"));
}

TEST(Yaml, BoundsSizes) {
  EXPECT_THAT(complaint(std::string(17 << 20, 'a')), ::testing::HasSubstr("at most"));
  EXPECT_THAT(complaint("a: " + std::string(70, '[') + std::string(70, ']')),
              ::testing::HasSubstr("nested deeper than 64"));
  std::string bomb = "a: &a [1,1,1,1,1,1,1,1,1,1]\n";
  for (char c = 'b'; c < 'h'; ++c) {
    const char p = static_cast<char>(c - 1);
    bomb += fmt::format("{0}: &{0} [*{1},*{1},*{1},*{1},*{1},*{1},*{1},*{1},*{1},*{1}]\n", c, p);
  }
  EXPECT_THAT(complaint(bomb), ::testing::HasSubstr("aliases expanded"));
}

}  // namespace
}  // namespace automodel::config
