using VarSparse.Geometry;
using VarSparse.Kernels.Attention;
using VarSparse.Patterns;

namespace VarSparse.Kernels.Tests.Attention;

public sealed class PatternImageTests
{
    private const int Seeds = 60;

    [Fact]
    public void Expands_to_the_dense_mask_of_the_pattern()
    {
        for (int seed = 0; seed < Seeds; seed++)
        {
            SparsePattern pattern = Next(seed);
            PatternImage image = PatternImage.Create(pattern);
            for (int batch = 0; batch < image.BatchCount; batch++)
            {
                for (int head = 0; head < image.HeadCount; head++)
                    Assert.True(Equal(pattern.ToDenseMask(batch, head), Expand(image, batch, head)), $"seed {seed}, {pattern}");
            }
        }
    }

    [Fact]
    public void States_say_what_fragments_hold()
    {
        var seen = new int[3];
        for (int seed = 0; seed < Seeds; seed++)
        {
            SparsePattern pattern = Next(seed);
            PatternImage image = PatternImage.Create(pattern);
            if (!image.HasMask)
            {
                Assert.Empty(image.BlockStates);
                Assert.Empty(image.MaskFragments);
                continue;
            }

            for (int place = 0; place < image.ListOfTile.Length; place++)
            {
                int tile = place % image.TileCount;
                int[] range = image.ListRanges[(image.ListOfTile[place] * 4)..][..4];
                for (int block = 0; block * 64 < range[1]; block++)
                {
                    for (int word = 0; word < image.WordsPerTile; word++)
                    {
                        int slots = Math.Clamp(pattern.Tiles.Queries(tile).Length - word * 64, 0, 64);
                        int keys = Math.Min(64, range[1] - block * 64);
                        int at = (range[2] + block) * image.WordsPerTile + word;
                        int visible = Enumerable.Range(0, slots).Sum(slot => Enumerable.Range(0, keys).Count(key => Bit(image, at, slot, key)));
                        byte state = image.BlockStates[at];
                        seen[state]++;
                        string where = $"seed {seed}, tile {tile}, block {block}, word {word}, {pattern}";

                        // A list may serve a larger tile too, so a tile can see less than its list's state says, never more.
                        Assert.True(state != BlockState.Hidden || visible == 0, where);
                        Assert.True(state != BlockState.Full || (keys == 64 && visible == slots * 64), where);
                        if (slots == 64 || SameTileSizes(pattern))
                            Assert.True(state == (visible == 0 ? BlockState.Hidden : keys == 64 && visible == slots * 64 ? BlockState.Full : BlockState.Partial), where);
                        for (int key = keys; key < 64; key++)
                            Assert.False(Enumerable.Range(0, 64).Any(slot => Bit(image, at, slot, key)), where);
                    }
                }
            }
        }

        Assert.All(seen, count => Assert.True(count > 0, string.Join(", ", seen)));
    }

    [Fact]
    public void Keys_keep_their_order_among_those_that_are_seen_alike()
    {
        for (int seed = 0; seed < Seeds; seed++)
        {
            SparsePattern pattern = Next(seed);
            PatternImage image = PatternImage.Create(pattern);
            for (int list = 0; list < pattern.Lists.ListCount; list++)
            {
                int[] keys = image.Keys[image.ListRanges[list * 4]..][..image.ListRanges[list * 4 + 1]];
                if (!image.HasMask)
                {
                    Assert.Equal(pattern.Lists.Keys(list).ToArray(), keys);
                    continue;
                }

                // An entry without a key is zero, and a key that both words see can stand twice.
                Assert.Equal(pattern.Lists.Keys(list).ToArray(), keys.Where(key => key != 0 || pattern.Lists.Keys(list).Contains(0)).Distinct().Order());
                foreach (IGrouping<string, int> alike in keys.Distinct().Where(key => pattern.Lists.Keys(list).Contains(key)).GroupBy(key => Words(pattern, list, key)))
                    Assert.Equal(alike.Where(key => key != 0).Order(), alike.Where(key => key != 0));
            }
        }
    }

    [Fact]
    public void What_no_array_can_hold_is_refused_with_the_limit()
    {
        PatternImage.CheckSize(Array.MaxLength, "things");
        Assert.Equal(
            $"pattern: takes 3000000000 words of mask on a device, expected at most {Array.MaxLength}.",
            Assert.Throws<ArgumentException>(() => PatternImage.CheckSize(3_000_000_000, "words of mask")).Message);
    }

    [Fact]
    public void Keys_of_one_word_lie_together_with_its_whole_blocks_first()
    {
        // Of 256 keys the first word sees every second one of the first 128, the second word all of the last 128.
        var mask = new bool[128, 256];
        for (int query = 0; query < 128; query++)
        {
            for (int key = 0; key < 256; key++)
                mask[query, key] = query < 64 ? key < 128 && (key % 2 == 0 || query % 2 == 0) : key >= 128;
        }

        PatternImage image = PatternImage.Create(SparsePattern.FromDenseMask(mask, QueryTiles.Raster(128, 128)));
        Assert.Equal([.. Enumerable.Range(0, 64).Select(i => 2 * i), .. Enumerable.Range(0, 64).Select(i => 2 * i + 1), .. Enumerable.Range(128, 128), .. new int[128]], image.Keys);
        Assert.Equal(
            [
                BlockState.Full, BlockState.Hidden, BlockState.Partial, BlockState.Hidden,
                BlockState.Hidden, BlockState.Full, BlockState.Hidden, BlockState.Full,
            ],
            image.BlockStates);

        // The first word sees the first step, the second word the second one and that whole.
        Assert.Equal([0, 1, 0, 0, 1, 2, 0b10, 0], image.StepRanges);
    }

    [Fact]
    public void Windows_of_two_words_take_as_few_steps_as_their_keys_fill()
    {
        // Infinity's last scale: no word sees more than 512 keys, so none needs more than four steps.
        PatternImage image = PatternImage.Create(CrossScaleLocal.Create(ScaleSchedule.Infinity(), 12));
        int[] steps = [.. image.StepRanges.Chunk(StepRange.Numbers).Select(range => range[1] - range[0])];
        Assert.Equal(2 * image.TileCount, steps.Length);
        Assert.True(steps.Max() == 4 && steps.Average() < 3.95, string.Join(' ', steps));
    }

    private static SparsePattern Next(int seed)
    {
        var random = new Random(seed);
        return SmallPatterns.Next(random, random.Next(1, 3), random.Next(1, 3));
    }

    private static bool SameTileSizes(SparsePattern pattern) =>
        Enumerable.Range(0, pattern.Tiles.TileCount).All(tile => pattern.Tiles.Queries(tile).Length == pattern.Tiles.LargestTile);

    private static string Words(SparsePattern pattern, int list, int key)
    {
        int i = pattern.Lists.Keys(list).BinarySearch(key);
        return string.Join(' ', pattern.Lists.MaskWords(list).Slice(i * pattern.Lists.WordsPerKey, pattern.Lists.WordsPerKey).ToArray());
    }

    private static bool Bit(PatternImage image, int place, int slot, int key) =>
        ((image.MaskFragments[place * MaskFragment.Threads + MaskFragment.ThreadOf(slot, key)] >> MaskFragment.BitOf(slot, key)) & 1) != 0;

    /// <summary>What a kernel sees that reads the image as documented.</summary>
    private static bool[,] Expand(PatternImage image, int batch, int head)
    {
        var mask = new bool[image.QueryCount, image.KeyCount];
        for (int i = 0; i < image.SlotQueries.Length; i++)
        {
            int query = image.SlotQueries[i];
            if (query < 0)
                continue;
            int tile = i / 64 / image.WordsPerTile, word = i / 64 % image.WordsPerTile;
            int list = image.ListOfTile[(batch * image.HeadCount + head) * image.TileCount + tile];
            for (int k = 0; k < image.ListRanges[list * 4 + 1]; k++)
            {
                int place = (image.ListRanges[list * 4 + 2] + k / 64) * image.WordsPerTile + word;
                bool visible = !image.HasMask || image.BlockStates[place] switch
                {
                    BlockState.Hidden => false,
                    BlockState.Full => true,
                    _ => Bit(image, place, i % 64, k % 64),
                };
                mask[query, image.Keys[image.ListRanges[list * 4] + k]] |= visible;
            }
        }

        return mask;
    }

    private static bool Equal(bool[,] left, bool[,] right) => left.Cast<bool>().SequenceEqual(right.Cast<bool>());
}
