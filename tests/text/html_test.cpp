#include "text/html.h"

#include <gtest/gtest.h>

namespace automodel::text {
namespace {

TEST(EscapeHtml, WhatTagsAndAttributesAreMadeOf) {
  EXPECT_EQ(escape_html("<a href=\"x\">'&'</a>"),
            "&lt;a href=&#34;x&#34;&gt;&#39;&amp;&#39;&lt;/a&gt;");
  EXPECT_EQ(escape_html("h\xC3\xA9llo"), "h\xC3\xA9llo");
}

}  // namespace
}  // namespace automodel::text
