#include "data/file_text.h"

#include <sys/resource.h>
#include <zlib.h>
#include <zstd.h>

#include <csignal>
#include <cstdlib>

#include "data/support.h"

namespace automodel::data {
namespace {

using ::testing::HasSubstr;

std::string gzip(const std::string& text) {
  ::z_stream stream{};
  ::deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(::deflateBound(&stream, text.size()) + 32, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  ::deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  ::deflateEnd(&stream);
  return out;
}

std::string zstd(const std::string& text) {
  std::string out(::ZSTD_compressBound(text.size()), '\0');
  ::ZSTD_CCtx* context = ::ZSTD_createCCtx();
  ::ZSTD_CCtx_setParameter(context, ::ZSTD_c_checksumFlag, 1);  // as the zstd program does
  out.resize(::ZSTD_compress2(context, out.data(), out.size(), text.data(), text.size()));
  ::ZSTD_freeCCtx(context);
  return out;
}

/// Expanded files go to a folder of the test's own.
class Text : public ::testing::Test {
 protected:
  Text() { ::setenv("AUTOMODEL_CACHE", folder_.path("cache").c_str(), 1); }
  ~Text() override { ::unsetenv("AUTOMODEL_CACHE"); }
  std::string expanded(const std::string& name, const std::string& bytes,
                       const ExpandLimits& limits = {}) const {
    return std::string(FileText(folder_.write(name, bytes), limits).text());
  }
  std::string error(const std::string& name, const std::string& bytes,
                    const ExpandLimits& limits = {}) const {
    return error_of([&] { expanded(name, bytes, limits); });
  }

  ScratchFolder folder_;
};

TEST_F(Text, PlainAndCompressed) {
  std::string text;
  for (int i = 0; i < 200000; ++i) {
    text += fmt::format("line {} of many\n", i * 7919 % 100003);
  }
  EXPECT_EQ(expanded("a.jsonl", text), text);
  EXPECT_EQ(expanded("a.jsonl.gz", gzip(text)), text);
  EXPECT_EQ(expanded("a.jsonl.GZ", gzip(text)), text);
  EXPECT_EQ(expanded("a.jsonl.zst", zstd(text)), text);
  EXPECT_EQ(expanded("two.gz", gzip(text) + gzip("more")), text + "more") << "two members";
  EXPECT_EQ(expanded("two.zst", zstd(text) + zstd("more")), text + "more") << "two frames";
  EXPECT_EQ(expanded("none.gz", gzip("")), "");
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path("cache/expanded"))) << "no file is left";
}

TEST_F(Text, WhatIsBeingExpandedHasNoNameThatAKilledProgramWouldLeave) {
  const FileText text(folder_.write("table", "x"), [this](const auto& write) {
    write("some");
    EXPECT_TRUE(std::filesystem::is_empty(folder_.path("cache/expanded")));
    write(" text");
  });
  EXPECT_EQ(text.text(), "some text");
}

TEST_F(Text, AByteOrderMarkIsNoText) {
  const std::string mark = "\xEF\xBB\xBF";
  EXPECT_EQ(expanded("a.jsonl", mark + "{}"), "{}");
  EXPECT_EQ(expanded("a.txt.gz", gzip(mark + "x" + mark)), "x" + mark) << "at the beginning alone";
  EXPECT_EQ(expanded("none.txt", mark), "");
}

TEST_F(Text, Utf16IsRefused) {
  const std::string wide("\xFF\xFE{\0}\0", 6);
  EXPECT_THAT(error("a.jsonl", wide), HasSubstr("a.jsonl: the file is UTF-16; save it as UTF-8"));
  EXPECT_THAT(error("a.csv.gz", gzip(std::string("a\0,\0b\0", 6))),
              HasSubstr("a.csv.gz: the file is UTF-16; save it as UTF-8"));
}

TEST_F(Text, APointerOfGitLfsIsRefused) {
  for (const std::string name : {"a.txt", "a.jsonl", "a.jsonl.gz"}) {
    EXPECT_THAT(error(name, "version https://git-lfs.github.com/spec/v1\noid sha256:7\nsize 9\n"),
                HasSubstr(name + ": the file is the pointer of Git LFS"));
  }
}

TEST_F(Text, WhatCannotBeExpandedIsNamed) {
  const std::string text = std::string(5000, 'x') + "end";
  for (const auto& [name, good] :
       {std::pair<std::string, std::string>{"a.gz", gzip(text)}, {"a.zst", zstd(text)}}) {
    EXPECT_THAT(error(name, good.substr(0, good.size() - 3)),
                HasSubstr("the file ends in the middle of the data"))
        << name;
    EXPECT_THAT(error(name, "plain text, not compressed"),
                HasSubstr(name + ": cannot be expanded after 0 bytes: "));
    EXPECT_THAT(error(name, ""), HasSubstr("the file is empty"));
    std::string damaged = good;
    damaged[good.size() / 2] = static_cast<char>(damaged[good.size() / 2] ^ 0xFF);
    EXPECT_NE(error(name, damaged), "no error") << name;
  }
  EXPECT_THAT(error("a.gz", gzip("x") + "rubbish"), HasSubstr("cannot be expanded after 1 bytes"));
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path("cache/expanded"))) << "no file is left";
}

TEST_F(Text, BombsAreRefused) {
  const std::string zeros(std::size_t{3} << 20, '\0');
  const ExpandLimits limits{.most_times = 100, .always = 1 << 20};
  EXPECT_THAT(error("a.gz", gzip(zeros), limits),
              HasSubstr("a.gz: expands to more than 1 MiB, which looks like a decompression bomb; "
                        "if it is data, expand it yourself"));
  EXPECT_THAT(error("a.zst", zstd(zeros), limits), HasSubstr("a decompression bomb"));
  EXPECT_EQ(error("a.zst", zstd(zeros)), "no error") << "3 MiB are always allowed";
}

TEST_F(Text, NamesWithoutCompression) {
  EXPECT_EQ(without_compression("d/rows.jsonl.gz"), "d/rows.jsonl");
  EXPECT_EQ(without_compression("rows.csv.ZST"), "rows.csv");
  EXPECT_EQ(without_compression("d.gz/rows.csv"), "d.gz/rows.csv");
}

TEST_F(Text, MayBeMadeOfAFileOfAnotherKind) {
  const auto path = folder_.write("x", "abc");
  const auto twice = [](const auto& write) {
    write("abc");
    write("abc");
  };
  EXPECT_EQ(FileText(path, twice).text(), "abcabc");
  EXPECT_EQ(FileText(path, twice).path(), path);
  EXPECT_THAT(error_of([&] { FileText(path, twice, {.most_times = 1, .always = 1}); }),
              HasSubstr("expands to more than 3 bytes"));
  EXPECT_THAT(error_of([&] { FileText(folder_.path("none"), twice); }), HasSubstr("none"));
}

/// The system's limit on the size of a file, in place of a full disk.
TEST_F(Text, ADiskThatIsFullIsAnErrorThatNamesFileFolderAndVariable) {
  const std::string path = folder_.write("a.jsonl.gz", gzip(std::string(1 << 20, 'x')));
  const auto handler = ::signal(SIGXFSZ, SIG_IGN);
  ::rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const ::rlimit limit{1000, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &limit);
  std::string text;
  try {
    FileText{path};
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::io);
    text = error.what();
  }
  ::setrlimit(RLIMIT_FSIZE, &before);
  ::signal(SIGXFSZ, handler);
  EXPECT_THAT(text, HasSubstr("cannot write " + folder_.path("cache/expanded")));
  EXPECT_THAT(text, HasSubstr("AUTOMODEL_CACHE names a folder for it"));
  EXPECT_THAT(text, HasSubstr("expanding " + path));
}

}  // namespace
}  // namespace automodel::data
