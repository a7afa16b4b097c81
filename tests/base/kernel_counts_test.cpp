#include "base/kernel_counts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace automodel {
namespace {

using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

TEST(KernelCounts, AreTheLastNumbersOfNamedLines) {
  const std::string path = ::testing::TempDir() + "kernel_counts";
  std::ofstream(path) << "Name:\tautomodel\nRssAnon:\t     148 kB\nactive_file 581632\n"
                         "size                            4    1234\nCpus_allowed:\tff,ff\n\n";
  EXPECT_THAT(
      read_kernel_counts(path),
      UnorderedElementsAre(Pair("RssAnon", 148), Pair("active_file", 581632), Pair("size", 1234)));
}

TEST(KernelCounts, AFileThatIsNotThereHasNone) {
  EXPECT_THAT(read_kernel_counts("/nowhere/at/all"), IsEmpty());
}

}  // namespace
}  // namespace automodel
