#include "base/text.h"

#include <gtest/gtest.h>

namespace automodel {
namespace {

using Strings = std::vector<std::string>;

TEST(Split, KeepsEmptyParts) {
  EXPECT_EQ(split("a,,b,", ','), (Strings{"a", "", "b", ""}));
  EXPECT_EQ(split("", ','), Strings{""});
}

TEST(Trim, TakesBlanksFromBothEnds) {
  EXPECT_EQ(trim(" \t a b\r\n"), "a b");
  EXPECT_EQ(trim(" \n"), "");
}

TEST(Join, IsTheInverseOfSplit) {
  EXPECT_EQ(join(split("a,,b", ','), ","), "a,,b");
  EXPECT_EQ(join(Strings{}, ","), "");
}

TEST(ReplaceAll, DoesNotReplaceInsideItsOwnOutput) {
  EXPECT_EQ(replace_all("aXbX", "X", "XX"), "aXXbXX");
  EXPECT_EQ(replace_all("abc", "x", "y"), "abc");
}

TEST(ToLowerAscii, LeavesOtherBytes) { EXPECT_EQ(to_lower_ascii("AbÄ1"), "abÄ1"); }

TEST(FirstBytes, CutsNoCharacter) {
  EXPECT_EQ(first_bytes("abc", 3), "abc");
  EXPECT_EQ(first_bytes("abc", 9), "abc");
  EXPECT_EQ(first_bytes("abc", 2), "ab");
  EXPECT_EQ(first_bytes("aäb", 2), "a");
  EXPECT_EQ(first_bytes("aäb", 3), "aä");
  EXPECT_EQ(first_bytes("学习", 5), "学");
  EXPECT_EQ(first_bytes("学", 2), "");
}

TEST(MatchesWildcard, IsAnchoredAtBothEnds) {
  EXPECT_TRUE(matches_wildcard("model.layers.3.q_proj", "*.q_proj"));
  EXPECT_TRUE(matches_wildcard("abc", "a*c"));
  EXPECT_TRUE(matches_wildcard("abcbc", "a*bc"));
  EXPECT_TRUE(matches_wildcard("", "*"));
  EXPECT_TRUE(matches_wildcard("abc", "abc**"));
  EXPECT_FALSE(matches_wildcard("q_proj.x", "*q_proj"));
  EXPECT_FALSE(matches_wildcard("abc", "ab"));
  EXPECT_FALSE(matches_wildcard("", "a*"));
}

TEST(EditDistance, CountsASwapAsOne) {
  EXPECT_EQ(edit_distance("abc", "abc"), 0);
  EXPECT_EQ(edit_distance("abc", "acb"), 1);
  EXPECT_EQ(edit_distance("", "abc"), 3);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3);
}

TEST(DidYouMean, NamesTheNearestAndNothingFar) {
  const Strings names = {"learning_rate", "batch_size", "batch_sizes"};
  EXPECT_EQ(nearest_names("batchsize", names), (Strings{"batch_size", "batch_sizes"}));
  EXPECT_EQ(nearest_names("batchsize", names, 1), Strings{"batch_size"});
  EXPECT_EQ(did_you_mean("leraning_rate", names), "; did you mean 'learning_rate'?");
  EXPECT_EQ(nearest_names("b", Strings{"b", "b"}), Strings{"b"});
  EXPECT_TRUE(nearest_names(std::string(1 << 22, 'b'), names).empty()) << "costs no time";
  EXPECT_EQ(did_you_mean("batchsize", names), "; did you mean 'batch_size' or 'batch_sizes'?");
  EXPECT_EQ(did_you_mean("xyz", names), "");
}

TEST(ParseNumber, TakesTheWholeText) {
  EXPECT_EQ(parse_number<int>("-7"), -7);
  EXPECT_EQ(parse_number<unsigned char>("fF", 16), 255);
  EXPECT_EQ(parse_number<double>("1e-2"), 0.01);
  for (const auto* text : {"", "7 ", " 7", "+7", "7x", "99999999999"}) {
    EXPECT_EQ(parse_number<int>(text), std::nullopt) << text;
  }
}

TEST(Human, RoundsToWhatAPersonReads) {
  EXPECT_EQ(human_bytes(12), "12 bytes");
  EXPECT_EQ(human_bytes(1536ULL << 20), "1.5 GiB");
  EXPECT_EQ(human_bytes(640 << 10), "640 KiB");
  EXPECT_EQ(human_bytes(999), "999 bytes");
  EXPECT_EQ(human_bytes(1012 << 10), "0.988 MiB");
  EXPECT_EQ(human_count(812), "812");
  EXPECT_EQ(human_count(134'515'008), "134.5 M");
  EXPECT_EQ(human_count(2'440'000'000), "2.44 B");
  EXPECT_EQ(human_duration(125.4), "2:05");
  EXPECT_EQ(human_duration(3723), "1:02:03");
  EXPECT_EQ(human_duration(-1), "0:00");
}

}  // namespace
}  // namespace automodel
