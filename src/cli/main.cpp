#include "cli/commands.h"

int main(int argc, char** argv) {
  return automodel::run_program(automodel::cli::program(), argc, argv);
}
