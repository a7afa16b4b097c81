#include "hub/progress.h"

#include <gmock/gmock.h>

#include <memory>

namespace automodel::hub {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

std::string printed(bool is_terminal) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::tmpfile(), std::fclose);
  Progress progress(file.get(), is_terminal);
  progress.start("model org/name", 1, 3 << 20);
  progress.add(1 << 20);
  progress.note("x: HTTP 503; again in 1 s");
  progress.finish_file("x", 3 << 20);
  std::string text(1000, '\0');
  std::rewind(file.get());
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  return text;
}

TEST(Progress, PlainLinesWhenNobodyWatches) {
  EXPECT_EQ(printed(false),
            "downloading model org/name: 1 file, 3 MiB\n"
            "x: HTTP 503; again in 1 s\n"
            "downloaded x (3 MiB)\n");
}

TEST(Progress, OneLineThatChangesOnATerminal) {
  EXPECT_THAT(printed(true), HasSubstr("\r\033[K1 MiB of 3 MiB, "));
  EXPECT_THAT(printed(true), HasSubstr("\r\033[Kx: HTTP 503"));
  EXPECT_THAT(printed(true), EndsWith("\r\033[Kdownloaded x (3 MiB)\n"));
}

}  // namespace
}  // namespace automodel::hub
