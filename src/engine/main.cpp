#include <cstdio>
#include <cstdlib>
#include <iostream>

#include "engine/commands.h"

int main(int argc, char** argv) {
  const int code = automodel::run_program(automodel::engine::program(), argc, argv);
  std::cout.flush();
  std::fflush(nullptr);
  std::_Exit(code);  // all is written; LibTorch's static objects would take 0.2 s to destroy
}
