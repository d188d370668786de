using CsCheck;
using VarSparse.Patterns;

namespace VarSparse.Core.Tests.Patterns;

public class PictureTests
{
    private const string Shades = " .:-=+*#%@";

    [Fact]
    public void Each_cell_is_as_dark_as_its_share_of_visible_pairs() => Gen.Int.Sample(
        seed =>
        {
            var random = new Random(seed);
            SparsePattern pattern = RandomPatterns.Next(random, heads: 2, batch: 2);
            int rows = random.Next(1, 40), columns = random.Next(1, 100), batch = random.Next(2), head = random.Next(2);
            string[] lines = pattern.ToText(rows, columns, batch, head).Split('\n');
            rows = Math.Min(rows, pattern.QueryCount);
            columns = Math.Min(columns, pattern.KeyCount);
            Assert.Equal(rows, lines.Length);
            Assert.All(lines, line => Assert.Equal(columns, line.Length));

            bool[,] mask = pattern.ToDenseMask(batch, head);
            var pairs = new int[rows, columns];
            var visible = new int[rows, columns];
            for (int query = 0; query < pattern.QueryCount; query++)
            {
                for (int key = 0; key < pattern.KeyCount; key++)
                {
                    (int row, int column) = (query * rows / pattern.QueryCount, key * columns / pattern.KeyCount);
                    pairs[row, column]++;
                    visible[row, column] += mask[query, key] ? 1 : 0;
                }
            }

            for (int row = 0; row < rows; row++)
            {
                for (int column = 0; column < columns; column++)
                {
                    double share = (double)visible[row, column] / pairs[row, column];
                    char expected = share == 0 ? ' ' : share == 1 ? '@' : Shades[(int)Math.Ceiling(share * 8)];
                    Assert.Equal(expected, lines[row][column]);
                }
            }
        },
        iter: 100);

    [Fact]
    public void Only_empty_is_blank_and_only_full_is_darkest()
    {
        bool[,] mask = DenseMasks.Create(100, 300, (query, key) => key >= 200 || (key >= 100 && (query, key) != (50, 150)) || (query, key) == (7, 8));
        Assert.Equal(".%@", SparsePattern.FromDenseMask(mask, QueryTiles.Raster(100, 64)).ToText(rows: 1, columns: 3));
        Assert.Equal(".  ", SparsePattern.FromKeyLists(QueryTiles.Raster(4, 2), 30, [[9], []]).ToText(rows: 1, columns: 3));
    }

    [Fact]
    public void A_picture_needs_no_dense_mask()
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        string picture = SparsePattern.Dense(65_536, 17_000).ToText();
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 4 << 20);
        Assert.All(picture.Split('\n'), line => Assert.Equal(new string('@', 96), line));
    }
}
