using VarSparse.Geometry;
using VarSparse.Kernels.Attention;
using VarSparse.Patterns;

namespace VarSparse.Kernels.Tests.Attention;

/// <summary>Images of patterns whose tiles go in pairs.</summary>
public sealed class PairedImageTests
{
    private const int Seeds = 80;

    [Fact]
    public void Words_see_each_key_of_their_tile_once_and_no_other()
    {
        for (int seed = 0; seed < Seeds; seed++)
        {
            var random = new Random(seed);
            SparsePattern pattern = SmallPatterns.TilesOfOneWord(random, random.Next(1, 3), random.Next(1, 3));
            PatternImage image = PatternImage.CreatePaired(pattern);
            for (int batch = 0; batch < image.BatchCount; batch++)
            {
                for (int head = 0; head < image.HeadCount; head++)
                {
                    for (int tile = 0; tile < pattern.Tiles.TileCount; tile++)
                        Assert.Equal(pattern.Lists.Keys(pattern.ListOf(batch, head, tile)).ToArray(), Seen(image, batch, head, tile).Order());
                }
            }
        }
    }

    [Fact]
    public void Entries_without_a_key_repeat_one_that_the_same_words_see()
    {
        for (int seed = 0; seed < Seeds; seed++)
        {
            SparsePattern pattern = SmallPatterns.TilesOfOneWord(new Random(seed), heads: 1, batch: 1);
            PatternImage image = PatternImage.CreatePaired(pattern);
            for (int tile = 0; tile < pattern.Tiles.TileCount; tile++)
            {
                HashSet<int> keys = [.. pattern.Lists.Keys(pattern.ListOf(0, 0, tile))];
                foreach (int step in StepsOf(image, tile))
                    Assert.All(Entries(image, 0, 0, tile).Skip(step * StepLayout.KeysPerStep).Take(StepLayout.KeysPerStep), key => Assert.Contains(key, keys));
            }
        }
    }

    [Fact]
    public void Pairs_of_the_same_lists_share_one()
    {
        // Tiles 0 to 4 with lists a, b, a, b, a; then alone the last.
        KeyLists lists = KeyLists.Create(10, [0, 3, 5], [1, 2, 3, 3, 4]);
        PatternImage image = PatternImage.CreatePaired(SparsePattern.Create(QueryTiles.Raster(9, 2), lists, [0, 1, 0, 1, 0, 0, 1, 1, 0, 0], headCount: 2));

        Assert.Equal((3, 2), (image.TileCount, image.WordsPerTile));
        Assert.Equal([0, 0, 1, 0, 2, 1], image.ListOfTile);
        Assert.Equal(3 * 4, image.ListRanges.Length);
        Assert.Equal([0, 1], image.SlotQueries[..2]);
        Assert.Equal([2, 3, -1], image.SlotQueries[64..67]);
        Assert.All(image.SlotQueries[(5 * 64)..], query => Assert.Equal(-1, query));
    }

    [Fact]
    public void Windows_take_no_more_steps_than_those_of_tiles_of_two_words()
    {
        // Infinity's last scale: a tile of 8x8 sees at most 512 keys, four steps, and two neighbours together six.
        SparsePattern pattern = CrossScaleLocal.Create(ScaleSchedule.Infinity(), 12, new() { ExactMask = false, Tile = new TileShape(8, 8) });
        PatternImage image = PatternImage.CreatePaired(pattern);
        int[] steps = [.. Enumerable.Range(0, pattern.Tiles.TileCount).Select(tile => StepsOf(image, tile).Length)];

        Assert.True(steps.Max() == 4 && steps.Average() < 3.95, string.Join(' ', steps));
        Assert.All(image.ListRanges.Chunk(4), range => Assert.Equal(6, StepLayout.Steps(range[1])));
    }

    [Fact]
    public void Reads_ahead_stay_inside()
    {
        for (int seed = 0; seed < Seeds; seed++)
        {
            PatternImage image = PatternImage.CreatePaired(SmallPatterns.TilesOfOneWord(new Random(seed), heads: 2, batch: 1));
            Assert.All(image.ListRanges.Chunk(4), range => Assert.True(
                range[0] % StepLayout.KeysPerStep == 0 && range[0] + (StepLayout.Steps(range[1]) + 1) * StepLayout.KeysPerStep <= image.Keys.Length));
        }
    }

    private static IEnumerable<int> Entries(PatternImage image, int batch, int head, int tile) => image.Keys.Skip(image.ListRanges[ListOf(image, batch, head, tile) * 4]);

    /// <summary>The keys that a tile's word sees, as the kernel takes them: a step's from its start up to where their run ends.</summary>
    private static IEnumerable<int> Seen(PatternImage image, int batch, int head, int tile)
    {
        int[] runs = Runs(image, batch, head, tile), entries = [.. Entries(image, batch, head, tile)];
        for (int step = runs[0]; step < StepLayout.Steps(runs[2]); step++)
        {
            int start = step * StepLayout.KeysPerStep, end = start < runs[1] ? runs[1] : runs[2];
            for (int entry = start; entry < Math.Min(end, start + StepLayout.KeysPerStep); entry++)
                yield return entries[entry];
        }
    }

    private static int[] StepsOf(PatternImage image, int tile)
    {
        int[] runs = Runs(image, 0, 0, tile);
        int steps = StepLayout.Steps(runs[2]);
        return steps == 0 ? [] : [.. Enumerable.Range(runs[0], steps - runs[0])];
    }

    private static int[] Runs(PatternImage image, int batch, int head, int tile) =>
        image.StepRanges[((ListOf(image, batch, head, tile) * 2 + tile % 2) * StepRange.Numbers)..][..StepRange.Numbers];

    private static int ListOf(PatternImage image, int batch, int head, int tile) =>
        image.ListOfTile[(batch * image.HeadCount + head) * image.TileCount + tile / 2];
}
