// What the kernels compute is tested where they are used, against the reference of each operation.
// Here: that their objects, made for processors that a user may not have, give nothing to the rest
// of the program but what is in their own namespaces.

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <memory>
#include <sstream>
#include <string>

namespace automodel::ops::cpu {
namespace {

std::string output_of(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  std::string out;
  std::array<char, 4096> part{};
  while (pipe && fgets(part.data(), static_cast<int>(part.size()), pipe.get()) != nullptr) {
    out += part.data();
  }
  return out;
}

/// "0000 W name" of a symbol that other objects see and that is in no namespace of a set.
bool leaks(const std::string& line) {
  const auto type = line.find(' ') + 1;
  const bool is_seen =
      type < line.size() && std::string("TWVBDRuC").find(line[type]) != std::string::npos;
  return is_seen && line.find("automodel::ops::cpu::avx") == std::string::npos &&
         line.find("automodel::ops::cpu::amx") == std::string::npos;
}

TEST(Kernels, TheirObjectsGiveNothingButTheirOwnNamespaces) {
#if defined(AM_KERNEL_OBJECTS)
  std::istringstream symbols(
      output_of(std::string(AM_NM) + " -C --defined-only " + AM_KERNEL_OBJECTS));
  int seen = 0;
  for (std::string line; std::getline(symbols, line);) {
    seen += line.find(" T automodel::ops::cpu::avx") != std::string::npos ? 1 : 0;
    EXPECT_FALSE(leaks(line)) << line;
  }
  EXPECT_GE(seen, 6);
#else
  GTEST_SKIP() << "this build has no kernels";
#endif
}

TEST(Kernels, ALeakIsSeen) {
  EXPECT_TRUE(leaks("0000000000000000 W std::max(int, int)"));
  EXPECT_FALSE(leaks("0000000000000000 t std::max(int, int)"));
  EXPECT_FALSE(leaks("0000000000000000 W automodel::ops::cpu::avx2::f(int)"));
}

}  // namespace
}  // namespace automodel::ops::cpu
