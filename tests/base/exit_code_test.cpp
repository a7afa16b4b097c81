#include "base/exit_code.h"

#include <gtest/gtest.h>

#include <set>

namespace automodel {
namespace {

TEST(ExitCode, FollowsTheKindOfError) {
  for (const auto kind : {ErrorKind::invalid_argument, ErrorKind::not_found, ErrorKind::unsupported,
                          ErrorKind::corrupt_data}) {
    EXPECT_EQ(exit_code_of(kind), ExitCode::bad_input);
  }
  for (const auto kind :
       {ErrorKind::io, ErrorKind::out_of_memory, ErrorKind::distributed, ErrorKind::internal}) {
    EXPECT_EQ(exit_code_of(kind), ExitCode::failure);
  }
  EXPECT_EQ(exit_code_of(ErrorKind::interrupted), ExitCode::interrupted);
}

TEST(ExitCode, EachHasAMeaning) {
  std::set<int> codes;
  for (const ExitCodeText& text : exit_codes()) {
    codes.insert(static_cast<int>(text.code));
    EXPECT_STRNE(text.meaning, "");
  }
  EXPECT_EQ(codes, (std::set<int>{0, 1, 2, 75}));
}

}  // namespace
}  // namespace automodel
