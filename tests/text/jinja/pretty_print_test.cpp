#include <gtest/gtest.h>

#include "tests/text/jinja/rendering.h"

namespace automodel::text::jinja {
namespace {

TEST(PrettyPrint, Short) {
  expect_texts({
      {"{'b': 1, 'a': [2]}|pprint", "{'a': [2], 'b': 1}"},
      {"'a'|pprint", "'a'"},
      {"(1,)|pprint", "(1,)"},
  });
}

TEST(PrettyPrint, Wrapped) {
  expect_texts({
      {"range(40)|list|pprint",
       "[0,\n 1,\n 2,\n 3,\n 4,\n 5,\n 6,\n 7,\n 8,\n 9,\n 10,\n 11,\n 12,\n 13,\n 14,\n 15,\n "
       "16,\n 17,\n 18,\n 19,\n 20,\n 21,\n 22,\n 23,\n 24,\n 25,\n 26,\n 27,\n 28,\n 29,\n 30,\n "
       "31,\n 32,\n 33,\n 34,\n 35,\n 36,\n 37,\n 38,\n 39]"},
      {"{'key': range(30)|list, 'a': {'z': 1, 'b': 'x' * 60}}|pprint",
       "{'a': {'b': 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx',\n       'z': "
       "1},\n 'key': [0,\n         1,\n         2,\n         3,\n         4,\n         5,\n        "
       " 6,\n         7,\n         8,\n         9,\n         10,\n         11,\n         12,\n     "
       "    13,\n         14,\n         15,\n         16,\n         17,\n         18,\n         "
       "19,\n         20,\n         21,\n         22,\n         23,\n         24,\n         25,\n  "
       "       26,\n         27,\n         28,\n         29]}"},
      {"('word ' * 30)|pprint",
       "('word word word word word word word word word word word word word word word '\n 'word "
       "word word word word word word word word word word word word word word ')"},
      {"['lorem ipsum ' * 10, ('a', 'b' * 90)]|pprint",
       "['lorem ipsum lorem ipsum lorem ipsum lorem ipsum lorem ipsum lorem ipsum '\n 'lorem ipsum "
       "lorem ipsum lorem ipsum lorem ipsum ',\n ('a',\n  "
       "'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
       "')]"},
      {R"({'messages': messages, 'text': 'line one\nline two is rather longer than the first one was\n' * 2}|pprint)",
       "{'messages': [{'content': 'hi', 'role': 'user'},\n              {'content': 'yo', 'role': "
       "'assistant'}],\n 'text': 'line one\\n'\n         'line two is rather longer than the first "
       "one was\\n'\n         'line one\\n'\n         'line two is rather longer than the first "
       "one was\\n'}"},
  });
}

}  // namespace
}  // namespace automodel::text::jinja
