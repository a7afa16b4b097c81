#include "hub/answer_error.h"

#include <gmock/gmock.h>

#include "base/error.h"

namespace automodel::hub {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct Refusal {
  ErrorKind kind = ErrorKind::internal;
  std::string text;
};

Refusal refusal(const Answer& answer, const std::string& token = "", const std::string& file = "") {
  const HubRepo repo{.id = "org/name", .revision = "v1"};
  const Asked asked{.repo = repo, .file = file};
  const Settings settings{.token = token, .token_source = "HF_TOKEN"};
  try {
    fail_answer(answer, asked, settings);
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), Not(HasSubstr("hf_secret")));
    return {error.kind(), error.what()};
  }
}

Answer coded(long status, const std::string& code, const std::string& message = "") {
  return {.status = status,
          .url = "https://huggingface.co/x",
          .headers = {{"x-error-code", code}, {"x-error-message", message}}};
}

TEST(FailAnswer, GatedModelSaysWhereToAccept) {
  const auto without = refusal(coded(401, "GatedRepo", "Access to model org/name is restricted."));
  EXPECT_EQ(without.kind, ErrorKind::invalid_argument);
  EXPECT_THAT(without.text, HasSubstr("the model org/name is gated (HTTP 401: Access to model "
                                      "org/name is restricted.)"));
  EXPECT_THAT(without.text,
              HasSubstr("Open https://huggingface.co/org/name, accept them there, and set HF_TOKEN "
                        "to a token of your account (https://huggingface.co/settings/tokens)"));
  EXPECT_THAT(refusal(coded(403, "GatedRepo"), "hf_secret").text,
              HasSubstr("the account of the token in HF_TOKEN must have access"));
}

TEST(FailAnswer, WhatDoesNotExistIsNamed) {
  EXPECT_THAT(refusal(coded(404, "RevisionNotFound")).text,
              HasSubstr("the model org/name has no revision 'v1' (HTTP 404); its branches and tags "
                        "are on https://huggingface.co/org/name/tree/main"));
  EXPECT_THAT(refusal(coded(404, "EntryNotFound"), "", "config.json").text,
              HasSubstr("model org/name (revision v1) has no file config.json (HTTP 404)"));
  for (const auto& answer : {coded(401, "RepoNotFound"), coded(401, ""), coded(404, "")}) {
    const auto found = refusal(answer);
    EXPECT_EQ(found.kind, ErrorKind::not_found);
    EXPECT_THAT(found.text, HasSubstr("there is no model org/name on https://huggingface.co"));
    EXPECT_THAT(found.text, HasSubstr("or it is private"));
  }
}

TEST(FailAnswer, RefusedTokenIsNamedByItsPlace) {
  const auto found =
      refusal(coded(401, "", "Invalid credentials in Authorization header"), "hf_secret");
  EXPECT_EQ(found.kind, ErrorKind::invalid_argument);
  EXPECT_THAT(found.text, HasSubstr("the hub refuses the token of HF_TOKEN"));
  EXPECT_THAT(refusal(coded(403, "", "Forbidden"), "hf_secret").text,
              HasSubstr("https://huggingface.co/x is forbidden (HTTP 403: Forbidden)"));
}

TEST(FailAnswer, TroubleMayPass) {
  const auto limited = refusal({.status = 429, .url = "u", .headers = {{"retry-after", "400"}}});
  EXPECT_EQ(limited.kind, ErrorKind::io);
  EXPECT_THAT(limited.text, HasSubstr("too many requests (HTTP 429); try again in 400 seconds, or "
                                      "set HF_TOKEN"));
  EXPECT_THAT(refusal({.status = 429, .url = "u"}, "hf_secret").text, HasSubstr("try again later"));
  EXPECT_EQ(refusal({.status = 503, .url = "u"}).kind, ErrorKind::io);
  EXPECT_THAT(refusal({.status = 503, .url = "u"}).text, HasSubstr("try again later"));
  EXPECT_THAT(refusal({.status = 418, .url = "u"}).text, HasSubstr("does HF_ENDPOINT speak"));
}

TEST(FailAnswer, UnreachableHubNamesWhatToCheck) {
  const auto found = refusal({.failure = "Could not resolve host: hub", .url = "http://hub/x"});
  EXPECT_EQ(found.kind, ErrorKind::io);
  EXPECT_THAT(found.text, HasSubstr("from http://hub/x: Could not resolve host: hub. Check the "
                                    "connection, HTTPS_PROXY and HF_ENDPOINT"));
  EXPECT_THAT(found.text, HasSubstr("With HF_HUB_OFFLINE=1 only the cache"));
}

}  // namespace
}  // namespace automodel::hub
