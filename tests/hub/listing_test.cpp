#include "hub/listing.h"

#include <gmock/gmock.h>

#include "base/error.h"

namespace automodel::hub {
namespace {

using ::testing::HasSubstr;

const std::string kSha1(40, 'a');
const std::string kSha256(64, 'b');

std::string error_of(auto&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

std::string page_of(const std::string& entry) { return "[" + entry + "]"; }

TEST(Listing, ReadsFilesAndLeavesFoldersOut) {
  const auto files = parse_tree_page(
      R"([{"type":"directory","oid":"x","size":0,"path":"sub"},)"
      R"({"type":"file","oid":")" +
          kSha1 +
          R"(","size":3,"path":"sub/config.json"},)"
          R"({"type":"file","oid":")" +
          kSha1 +
          R"(","size":134,"path":"model.safetensors",)"
          R"("lfs":{"oid":")" +
          kSha256 + R"(","size":9000000000,"pointerSize":134},"xetHash":")" + kSha256 + R"("}])",
      "page");
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(files[0], (RepoFile{.path = "sub/config.json", .size = 3, .blob_id = kSha1}));
  EXPECT_EQ(files[0].hash(), kSha1);
  EXPECT_EQ(files[0].hash_kind(), DigestKind::git_blob);
  EXPECT_EQ(files[1].size, 9000000000);
  EXPECT_EQ(files[1].hash(), kSha256);
  EXPECT_EQ(files[1].hash_kind(), DigestKind::sha256);
}

TEST(Listing, RefusesWhatCannotBeAFile) {
  const auto error = [](const std::string& path, const std::string& size, const std::string& oid) {
    return error_of([&] {
      parse_tree_page(page_of(R"({"type":"file","path":")" + path + R"(","size":)" + size +
                              R"(,"oid":")" + oid + R"("})"),
                      "page");
    });
  };
  for (const char* path :
       {"", "../x", "/x", "a//b", "a/./b", "a/..", R"(a\u0000b)", R"(a\u001b[2J)"}) {
    EXPECT_THAT(error(path, "1", kSha1), HasSubstr("is no path of a file")) << path;
  }
  EXPECT_THAT(error("x", "-1", kSha1), HasSubstr("x has no size"));
  EXPECT_THAT(error("x", "1.5", kSha1), HasSubstr("x has no size"));
  EXPECT_THAT(error("x", "9223372036854775807", kSha1), HasSubstr("x has no size"));
  EXPECT_THAT(error("x", "1", "../../x"), HasSubstr("x has no SHA-1 of 40 digits"));
  EXPECT_THAT(error_of([] {
                parse_tree_page(page_of(R"({"type":"file","path":"x","oid":")" + kSha1 +
                                        R"(","lfs":{"oid":"../y","size":1}})"),
                                "page");
              }),
              HasSubstr("x has no SHA-256 of 64 digits"));
}

TEST(Listing, SaysWhenTheAnswerIsNoneOfTheHub) {
  EXPECT_THAT(error_of([] { parse_tree_page("{}", "http://host/x"); }),
              HasSubstr("http://host/x: the answer is no list of files but object"));
  EXPECT_THAT(error_of([] { parse_tree_page("[1]", "page"); }), HasSubstr("has number in it"));
  EXPECT_THAT(error_of([] { parse_tree_page("<html>", "page"); }), HasSubstr("page:1:1"));
  EXPECT_THAT(error_of([] { parse_commit(R"({"sha":"main"})", "http://host/x"); }),
              HasSubstr("http://host/x: the answer names no commit. Does HF_ENDPOINT"));
  EXPECT_EQ(parse_commit(R"({"id":"a/b","sha":")" + kSha1 + R"("})", "page"), kSha1);
}

TEST(Listing, FindsTheNextPage) {
  EXPECT_EQ(next_page(R"(<https://h/a?x=1>; rel="prev", <https://h/a?x=2>; rel="next")"),
            "https://h/a?x=2");
  EXPECT_EQ(next_page(R"(<https://h/a?x=1>; rel="prev")"), "");
  EXPECT_EQ(next_page(R"(>x<; rel="next")"), "");
  EXPECT_EQ(next_page(""), "");
}

TEST(Listing, IsKeptAsItWas) {
  const std::vector<RepoFile> files = {
      {.path = "a", .size = 3, .blob_id = kSha1},
      {.path = "b/c", .size = 5, .blob_id = kSha1, .sha256 = kSha256, .xet_hash = kSha256}};
  EXPECT_EQ(parse_listing(render_listing(files), "file"), files);
  EXPECT_EQ(parse_listing(R"({"format_version":2,"files":{}})", "file"), std::nullopt);
  EXPECT_EQ(parse_listing("[]", "file"), std::nullopt);
  EXPECT_THAT(
      error_of([] { parse_listing(R"({"format_version":1,"files":{"../x":{}}})", "file"); }),
      HasSubstr(R"("../x" is no path)"));
}

TEST(Listing, ReferencesAreBranchesAndTags) {
  EXPECT_THAT(parse_references(
                  R"({"branches": [{"name": "main", "ref": "refs/heads/main"}, 3, {"name": ""}],
                                  "converts": [{"name": "parquet"}],
                                  "tags": [{"name": "v1"}, {"name": "a\u001b[2Jb"}, {"name": 5}]})",
                  "refs"),
              ::testing::ElementsAre("main", "v1"));
  EXPECT_THAT(parse_references("[1]", "refs"), ::testing::IsEmpty());
  EXPECT_THAT(error_of([] { parse_references("<html>", "refs"); }), HasSubstr("refs:1:1"));
}

}  // namespace
}  // namespace automodel::hub
