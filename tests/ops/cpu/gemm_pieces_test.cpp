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

TEST(GemmPieces, ReadTheRowsOfAnother) {
  const float x = 0, other = 0;
  const Product product{.a = {.data = &x, .stride = 64}, .rows = 20, .columns = 40, .inner = 64};
  Product more_columns = product, other_data = product, fewer_rows = product;
  more_columns.columns = 200;
  other_data.a.data = &other;
  fewer_rows.rows = 19;
  const Piece piece = pieces_of(product)[0];
  EXPECT_TRUE(piece.reads_rows_of(pieces_of(more_columns)[0]));
  EXPECT_FALSE(piece.reads_rows_of(pieces_of(other_data)[0]));
  EXPECT_FALSE(piece.reads_rows_of(pieces_of(fewer_rows)[0]));
  Piece in_task = piece;
  in_task.packing = Packing::in_task;
  EXPECT_FALSE(piece.reads_rows_of(in_task));
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
