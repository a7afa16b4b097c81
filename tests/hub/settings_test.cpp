#include "hub/settings.h"

#include <gmock/gmock.h>

#include <array>
#include <cstdlib>
#include <filesystem>

#include "base/error.h"
#include "base/file.h"

namespace automodel::hub {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::array<const char*, 12> kVariables = {
    "HF_ENDPOINT",   "HF_TOKEN",       "HUGGING_FACE_HUB_TOKEN",        "HF_TOKEN_PATH",
    "HF_HOME",       "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE",          "HF_HUB_DOWNLOAD_TIMEOUT",
    "SSL_CERT_FILE", "CURL_CA_BUNDLE", "HF_HUB_DISABLE_IMPLICIT_TOKEN", "REQUESTS_CA_BUNDLE"};

/// Nothing is set, and HF_HOME is an empty folder.
class HubSettings : public ::testing::Test {
 protected:
  HubSettings() : home_(fs::path(::testing::TempDir()) / "automodel_hub_settings") {
    clear();
    fs::remove_all(home_);
    fs::create_directories(home_);
    ::setenv("HF_HOME", home_.c_str(), 1);
  }
  ~HubSettings() override { clear(); }
  static void clear() {
    for (const char* name : kVariables) {
      ::unsetenv(name);
    }
  }
  static std::string error() {
    try {
      read_settings();
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }
  fs::path home_;
};

TEST_F(HubSettings, AreTheHubsOwnByDefault) {
  const Settings settings = read_settings();
  EXPECT_EQ(settings.endpoint, "https://huggingface.co");
  EXPECT_EQ(settings.token, "");
  EXPECT_FALSE(settings.offline);
}

TEST_F(HubSettings, TokenComesFromVariablesBeforeFiles) {
  write_file_atomic(home_ / "token", "hf_file\n");
  EXPECT_EQ(read_settings().token, "hf_file");
  EXPECT_EQ(read_settings().token_source, (home_ / "token").string());
  write_file_atomic(home_ / "other", "hf_other");
  ::setenv("HF_TOKEN_PATH", (home_ / "other").c_str(), 1);
  EXPECT_EQ(read_settings().token, "hf_other");
  ::setenv("HUGGING_FACE_HUB_TOKEN", "hf_old", 1);
  EXPECT_EQ(read_settings().token, "hf_old");
  ::setenv("HF_TOKEN", "hf_new", 1);
  EXPECT_EQ(read_settings().token, "hf_new");
  EXPECT_EQ(read_settings().token_source, "HF_TOKEN");
  ::setenv("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1", 1);
  EXPECT_EQ(read_settings().token, "");
}

TEST_F(HubSettings, BadTokenIsRefusedButNotShown) {
  ::setenv("HF_TOKEN", "hf_secret\r\nX-Header: 1", 1);
  EXPECT_THAT(error(), HasSubstr("the token of HF_TOKEN has blanks"));
  EXPECT_THAT(error(), Not(HasSubstr("secret")));
}

TEST_F(HubSettings, EndpointIsAnAddress) {
  ::setenv("HF_ENDPOINT", "http://127.0.0.1:8000//", 1);
  EXPECT_EQ(read_settings().endpoint, "http://127.0.0.1:8000");
  ::setenv("HF_ENDPOINT", "hub.example", 1);
  EXPECT_THAT(error(), HasSubstr("HF_ENDPOINT is 'hub.example'; it must be an address"));
}

TEST_F(HubSettings, OfflineIsOneOfFourWords) {
  for (const char* word : {"1", "ON", "yes", "True"}) {
    ::setenv("HF_HUB_OFFLINE", word, 1);
    EXPECT_TRUE(read_settings().offline) << word;
  }
  ::setenv("HF_HUB_OFFLINE", "0", 1);
  EXPECT_FALSE(read_settings().offline);
  ::unsetenv("HF_HUB_OFFLINE");
  ::setenv("TRANSFORMERS_OFFLINE", "1", 1);
  EXPECT_TRUE(read_settings().offline);
}

TEST_F(HubSettings, TimeoutIsANumberOfSeconds) {
  ::setenv("HF_HUB_DOWNLOAD_TIMEOUT", "2.5", 1);
  EXPECT_EQ(read_settings().silence_seconds, 2.5);
  EXPECT_EQ(read_settings().connect_seconds, 2.5);
  ::setenv("HF_HUB_DOWNLOAD_TIMEOUT", "soon", 1);
  EXPECT_THAT(error(), HasSubstr("HF_HUB_DOWNLOAD_TIMEOUT is 'soon'"));
}

TEST(PrintableUrl, HasNeitherPasswordNorSignature) {
  EXPECT_EQ(printable_url("https://me:pw@host:8/a/b?Signature=x#y"), "https://host:8/a/b");
  EXPECT_EQ(printable_url("https://host"), "https://host");
  EXPECT_EQ(printable_url("https://host/a@b"), "https://host/a@b");
  EXPECT_EQ(printable_url("nothing?x"), "nothing");
}

}  // namespace
}  // namespace automodel::hub
