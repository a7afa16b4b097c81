#include "data/audit.h"

#include "data/support.h"
#include "data/test_text.h"

namespace automodel::data {
namespace {

TokenizedSample row(std::vector<std::int32_t> ids, std::vector<std::uint8_t> mask) {
  TokenizedSample out;
  append_document(out, std::move(ids), std::move(mask));
  return out;
}

Audit audit_of(const TokenizedSample& sample) { return audit_row(sample, chatml_context(), {}); }

TEST(Audit, Beginnings) {
  EXPECT_EQ(audit_of(row({kBos, 'a'}, {0, 1})).begin_with_bos, 1);
  EXPECT_EQ(audit_of(row({'a', kBos}, {0, 1})).begin_with_bos, 0);
}

TEST(Audit, EndsAreLookedForBeforeWhatTheTemplatePrintsBehindThem) {
  const Audit learnt = audit_of(row({'a', kImEnd, '\n'}, {0, 1, 0}));
  EXPECT_EQ(learnt.end_in_eos, 1);
  EXPECT_EQ(learnt.learn_eos, 1);
  const Audit shown = audit_of(row({'a', kImEnd}, {1, 0}));
  EXPECT_EQ(shown.end_in_eos, 1);
  EXPECT_EQ(shown.learn_eos, 0);
  EXPECT_EQ(audit_of(row({'a', kImEnd, 'b'}, {1, 1, 0})).end_in_eos, 0) << "text follows";
  const std::vector<std::int32_t> others = {'b'};
  EXPECT_EQ(audit_row(row({'a', 'b'}, {0, 1}), chatml_context(), others).learn_eos, 1);
}

TEST(Audit, TokensOfEachRole) {
  TokenizedSample sample = row({'u', 'v', 'a', kImEnd}, {1, 0, 1, 1});
  sample.roles = {Role::user, Role::user, Role::assistant, Role::assistant};
  const Audit found = audit_of(sample);
  EXPECT_EQ(found.roles[static_cast<std::size_t>(Role::user)], (RoleTokens{2, 0}))
      << "the first token of a document is never learnt";
  EXPECT_EQ(found.roles[static_cast<std::size_t>(Role::assistant)], (RoleTokens{2, 2}));
  EXPECT_EQ(audit_of(row({'a', 'b'}, {0, 1})).roles[static_cast<std::size_t>(Role::text)],
            (RoleTokens{2, 1}));
}

TEST(Audit, AClassIsNoToken) {
  TokenizedSample sample = row({kBos, 'a', kImEnd, 1}, {0, 0, 0, 1});
  sample.notes.ends_in_class = true;
  const Audit found = audit_of(sample);
  EXPECT_EQ(found.num_tokens, 3);
  EXPECT_EQ(found.end_in_eos, 1);
  EXPECT_EQ(found.learn_eos, 0);
  EXPECT_EQ(found.roles[static_cast<std::size_t>(Role::text)], (RoleTokens{3, 0}));
  EXPECT_EQ(found.roles[static_cast<std::size_t>(Role::label)], (RoleTokens{1, 1}));
}

TEST(Audit, AddsUp) {
  TokenizedSample cut = row({kBos, 'a', kImEnd}, {0, 1, 1});
  append_document(cut, {'b'}, {1});
  cut.notes.truncated = true;
  Audit sum = audit_of(cut);
  sum.add(audit_of(row({kBos, 'b'}, {0, 1})));
  EXPECT_EQ(sum.num_documents, 3);
  EXPECT_EQ(sum.num_tokens, 6);
  EXPECT_EQ(sum.begin_with_bos, 2);
  EXPECT_EQ(sum.end_in_eos, 1);
  EXPECT_EQ(sum.learn_eos, 1);
  EXPECT_EQ(sum.num_truncated, 1);
  EXPECT_EQ(sum.roles[static_cast<std::size_t>(Role::text)], (RoleTokens{6, 3}));
}

TEST(Duplicates, TheFirstIsNamedWithWhatItRepeats) {
  DuplicateFinder finder;
  const auto location = [](std::int64_t row) { return fmt::format("rows:{}", row + 1); };
  std::int64_t index = 0;
  for (const auto& ids : {"a", "b", "a", "a", "b"}) {
    finder.add(hash_of_tokens(row({ids[0]}, {0})), index++, location);
  }
  EXPECT_EQ(finder.found(), (Duplicates{3, "rows:3", "rows:1"}));
}

}  // namespace
}  // namespace automodel::data
