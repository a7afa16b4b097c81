#include "engine/commands.h"

int main(int argc, char** argv) {
  return automodel::run_program(automodel::engine::program(), argc, argv);
}
