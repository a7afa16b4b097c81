#include "ops/cpu/gemm_pieces.h"

#include <gtest/gtest.h>

#include "ops/cpu/dispatch.h"

namespace automodel::ops::cpu {
namespace {

TEST(GemmPieces, CutIntoWholeUnits) {
  EXPECT_EQ(cut(10, 7, 3), (std::vector<Range>{{0, 6}, {6, 10}}));
  EXPECT_EQ(cut(10, 2, 3), (std::vector<Range>{{0, 3}, {3, 6}, {6, 9}, {9, 10}}));
  EXPECT_EQ(cut(0, 7, 3), (std::vector<Range>{{0, 0}}));
}

std::vector<Piece> pieces_of(const Product& product) {
  std::vector<Piece> out;
  add_pieces(product, true, kernels()->gemm, out);
  return out;
}

TEST(GemmPieces, HoldEveryRowOnceWithAllSteps) {
  const Product product{.rows = 5000, .columns = 100, .inner = 700};
  Index next = 0;
  for (const Piece& piece : pieces_of(product)) {
    EXPECT_EQ(piece.rows.begin, next);
    EXPECT_EQ(piece.inner, (Range{0, 700}));
    EXPECT_GE(piece.row_panels * piece.panel_rows, piece.rows.size());
    next = piece.rows.end;
  }
  EXPECT_EQ(next, 5000);
}

/// A sum in float32 may be stored and added to; the gradient of an update is there only once.
TEST(GemmPieces, LongSumsAreCutUnlessAnUpdateTakesThem) {
  Product product{.rows = 20, .columns = 100, .inner = 4 * kMaxSteps};
  EXPECT_GT(pieces_of(product).size(), 1);
  product.update.size = product.rows * product.columns;
  for (const Piece& piece : pieces_of(product)) {
    EXPECT_EQ(piece.inner, (Range{0, product.inner}));
  }
}

TEST(GemmPieces, TilesOfUpdatesLeaveRoomForTheirGradient) {
  Product product{.rows = 4000, .columns = 4096, .inner = 8};
  const Piece plain = pieces_of(product)[0];
  EXPECT_EQ(plain.tile_rows(), kTileRowPanels * plain.panel_rows);
  product.update.size = product.rows * product.columns;
  const Piece updated = pieces_of(product)[0];
  EXPECT_EQ(updated.tile_rows(), updated.panel_rows);
}

}  // namespace
}  // namespace automodel::ops::cpu
