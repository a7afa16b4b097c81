#pragma once
// The hashes by which the hub names contents.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace automodel::hub {

enum class DigestKind {
  sha256,    // of a large file's content
  git_blob,  // SHA-1 as `git hash-object` makes it
};

/// A hash of bytes that arrive in pieces.
class Digest {
 public:
  /// `size`: bytes that will arrive in all.
  Digest(DigestKind kind, std::int64_t size);

  void update(std::string_view bytes);
  /// In hexadecimal; nothing may follow.
  std::string finish();

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

}  // namespace automodel::hub
