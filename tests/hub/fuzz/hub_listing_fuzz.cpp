// What a server may answer, or a cache may hold: refused with an Error, or it gives files that can
// be written down and read again, none of which leads out of its folder.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string_view>

#include "base/error.h"
#include "hub/listing.h"
#include "hub/retry.h"
#include "hub/selection.h"

namespace {

using namespace automodel;  // NOLINT(google-build-using-namespace)

void require(bool ok) {
  if (!ok) {
    std::abort();
  }
}

void check_files(const std::vector<hub::RepoFile>& files) {
  for (const hub::RepoFile& file : files) {
    const auto path = (std::filesystem::path("/root") / file.path).lexically_normal();
    require(path.string().starts_with("/root/") && file.size >= 0);
    require(file.hash().find('/') == std::string::npos);
  }
  const auto again = hub::parse_listing(hub::render_listing(files), "again");
  require(again.has_value());
  hub::select_files(files, {.need = hub::Need::model});
}

void run(auto&& call) {
  try {
    call();
  } catch (const Error& error) {  // what is wrong with it is not the question here
    require(error.kind() != ErrorKind::internal);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  run([&] { check_files(hub::parse_tree_page(input, "fuzz")); });
  run([&] {
    check_files(hub::parse_listing(input, "fuzz").value_or(std::vector<hub::RepoFile>()));
  });
  run([&] { hub::parse_commit(input, "fuzz"); });
  run([&] { hub::parse_references(input, "fuzz"); });
  const std::string text(input);
  hub::next_page(text);
  hub::printable_url(text);
  hub::wanted_pause({.status = 429, .headers = {{"retry-after", text}, {"ratelimit", text}}});
  return 0;
}
