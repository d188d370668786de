using CsCheck;
using VarSparse.Patterns;

namespace VarSparse.Core.Tests.Patterns;

public class BlockMaskTests
{
    [Fact]
    public void A_pattern_of_blocks_shows_exactly_the_kept_blocks_and_gives_them_back() => Gen
        .Select(Gen.Int[1, 400], Gen.Int[1, 100], Gen.Int[1, 420], Gen.Int[1, 110], Gen.Int)
        .Sample(
            (queries, keys, queryBlock, keyBlock, seed) =>
            {
                var random = new Random(seed);
                bool[,] kept = DenseMasks.Create(Divide(queries, queryBlock), Divide(keys, keyBlock), (_, _) => random.Next(3) != 0);
                var blocks = BlockMask.Create(kept, queries, keys, queryBlock, keyBlock);
                Assert.Equal((kept.GetLength(0), kept.GetLength(1), kept.Length), (blocks.Rows, blocks.Columns, blocks.BlockCount));
                Assert.Equal(DenseMasks.Count(kept), blocks.KeptBlocks);
                Assert.Equal(1 - (double)blocks.KeptBlocks * queryBlock * keyBlock / (queries * (double)keys), blocks.Sparsity, 1e-12);

                SparsePattern pattern = blocks.ToPattern();
                Assert.False(pattern.HasTokenMask);
                bool[,] expected = DenseMasks.Create(queries, keys, (query, key) => kept[query / queryBlock, key / keyBlock]);
                DenseMasks.AssertEqual(expected, pattern.ToDenseMask(), $"{queries} x {keys} in blocks of {queryBlock} x {keyBlock}");
                AssertEqual(kept, BlockMask.FromPattern(pattern, queryBlock, keyBlock));
            },
            iter: 200);

    [Fact]
    public void From_a_pattern_keeps_the_blocks_that_hold_a_visible_pair() => Gen.Int.Sample(
        seed =>
        {
            var random = new Random(seed);
            SparsePattern pattern = RandomPatterns.Next(random, heads: 2, batch: 2);
            int queryBlock = random.Next(1, pattern.QueryCount + 20), keyBlock = random.Next(1, pattern.KeyCount + 20);
            int batch = random.Next(2), head = random.Next(2);
            bool[,] mask = pattern.ToDenseMask(batch, head);
            var kept = new bool[Divide(pattern.QueryCount, queryBlock), Divide(pattern.KeyCount, keyBlock)];
            for (int query = 0; query < pattern.QueryCount; query++)
            {
                for (int key = 0; key < pattern.KeyCount; key++)
                    kept[query / queryBlock, key / keyBlock] |= mask[query, key];
            }

            AssertEqual(kept, BlockMask.FromPattern(pattern, queryBlock, keyBlock, batch, head));
        },
        iter: 200);

    [Fact]
    public void Large_blocks_become_tiles_that_share_the_rows_list()
    {
        var pattern = BlockMask.Create(new bool[,] { { true, false }, { false, true } }, 400, 20, 300, 10).ToPattern();
        Assert.Equal(2, pattern.Lists.ListCount);
        Assert.Equal([0, 0, 0, 1], pattern.ListOfTile);
        Assert.Equal(100, pattern.Tiles.LargestTile);
    }

    [Fact]
    public void Equal_rows_share_a_list()
    {
        bool[,] kept = DenseMasks.Create(6, 4, (row, column) => column % 2 == row % 2);
        SparsePattern pattern = BlockMask.Create(kept, 60, 40, 10, 10).ToPattern();
        Assert.Equal(2, pattern.Lists.ListCount);
        Assert.Equal([0, 1, 0, 1, 0, 1], pattern.ListOfTile);
    }

    [Fact]
    public void Bad_input_is_rejected_in_one_line()
    {
        var kept = new bool[2, 3];
        BadInput.Rejected("queryCount", () => BlockMask.Create(kept, 0, 30, 10, 10), "got 0", "at least 1");
        BadInput.Rejected("keyCount", () => BlockMask.Create(kept, 20, -1, 10, 10), "got -1", "at least 1");
        BadInput.Rejected("queryBlock", () => BlockMask.Create(kept, 20, 30, 0, 10), "got 0", "at least 1");
        BadInput.Rejected("keyBlock", () => BlockMask.Create(kept, 20, 30, 10, -3), "got -3", "at least 1");
        BadInput.Rejected("kept", () => BlockMask.Create(kept, 21, 30, 10, 10), "got [2, 3]", "expected [3, 3]");
        BadInput.Rejected("kept", () => BlockMask.Create(kept, 20, 20, 10, 10), "got [2, 3]", "expected [2, 2]");
        var blocks = BlockMask.Create(kept, 20, 30, 10, 10);
        BadInput.Rejected("row", () => _ = blocks[-1, 0], "got -1", "0 to 1");
        BadInput.Rejected("row", () => _ = blocks[2, 0], "got 2", "0 to 1");
        BadInput.Rejected("column", () => _ = blocks[0, 3], "got 3", "0 to 2");
        var pattern = SparsePattern.Dense(4, 4);
        BadInput.Rejected("queryBlock", () => BlockMask.FromPattern(pattern, queryBlock: 0), "got 0", "at least 1");
        BadInput.Rejected("keyBlock", () => BlockMask.FromPattern(pattern, keyBlock: -1), "got -1", "at least 1");
        var large = SparsePattern.Dense(65_536, 170_000);
        BadInput.Rejected("queryBlock", () => BlockMask.FromPattern(large, 1, 1), "blocks of 1 x 1", "65536 x 170000", "at most");
        Assert.Throws<ArgumentNullException>(() => BlockMask.FromPattern(null!));
        Assert.Throws<ArgumentNullException>(() => BlockMask.Create(null!, 1, 1, 1, 1));
    }

    private static void AssertEqual(bool[,] kept, BlockMask blocks)
    {
        Assert.Equal((kept.GetLength(0), kept.GetLength(1)), (blocks.Rows, blocks.Columns));
        DenseMasks.AssertEqual(kept, DenseMasks.Create(blocks.Rows, blocks.Columns, (row, column) => blocks[row, column]), "blocks");
    }

    private static int Divide(int dividend, int divisor) => (dividend + divisor - 1) / divisor;
}
