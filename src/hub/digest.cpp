#include "hub/digest.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <span>

#include "base/error.h"

namespace automodel::hub {

void Digest::Free::operator()(evp_md_ctx_st* context) const { EVP_MD_CTX_free(context); }

Digest::Digest(DigestKind kind, std::int64_t size) : context_(EVP_MD_CTX_new()) {
  const EVP_MD* method = kind == DigestKind::sha256 ? EVP_sha256() : EVP_sha1();
  check(context_ && EVP_DigestInit_ex(context_.get(), method, nullptr) == 1, ErrorKind::internal,
        "OpenSSL has no {}", kind == DigestKind::sha256 ? "SHA-256" : "SHA-1");
  if (kind == DigestKind::git_blob) {
    update(fmt::format("blob {}", size));
    update(std::string_view("\0", 1));
  }
}

void Digest::update(std::string_view bytes) {
  check(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1, ErrorKind::internal,
        "OpenSSL could not hash");
}

std::string Digest::finish() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned int size = 0;
  check(EVP_DigestFinal_ex(context_.get(), bytes.data(), &size) == 1, ErrorKind::internal,
        "OpenSSL could not hash");
  return fmt::format("{:02x}", fmt::join(std::span(bytes).first(size), ""));
}

}  // namespace automodel::hub
