// automodel-tables FILE: the rows of a Parquet or Arrow file as JSON lines on standard output.
// automodel-tables --notes FILE: what the Python package `datasets` noted of its columns, as JSON.
// The other programs start it (data/table_rows.cpp), so that none of them links Arrow, whose code
// and LibTorch's would see each other's symbols, and a damaged file can end no more than this
// process.

#include <cstdio>
#include <exception>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/exit_code.h"
#include "tables/table.h"

namespace {

using namespace automodel;  // NOLINT(google-build-using-namespace)

void print_rows(const std::string& path) {
  std::string block;
  const auto flush = [&] {
    check(std::fwrite(block.data(), 1, block.size(), stdout) == block.size() &&
              std::fflush(stdout) == 0,
          ErrorKind::io, "the rows cannot be written");
    block.clear();
  };
  tables::read_rows(path, [&](std::string_view line) {
    constexpr std::size_t kBlockBytes = std::size_t{1} << 18;
    block.append(line) += '\n';
    if (block.size() >= kBlockBytes) {
      flush();
    }
  });
  flush();
}

void print_notes(const std::string& path) {
  const std::string notes = tables::read_notes(path);
  check(std::fwrite(notes.data(), 1, notes.size(), stdout) == notes.size(), ErrorKind::io,
        "the notes cannot be written");
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const bool is_notes = argc == 3 && std::string_view(argv[1]) == "--notes";
    check(argc == 2 || is_notes, ErrorKind::invalid_argument,
          "usage: automodel-tables [--notes] FILE");
    is_notes ? print_notes(argv[2]) : print_rows(argv[1]);
    return 0;
  } catch (const Error& error) {
    std::fprintf(stderr, "%s\n", error.message().c_str());
    return static_cast<int>(exit_code_of(error.kind()));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return static_cast<int>(ExitCode::failure);
  }
}
