using VarSparse.Kernels.Attention;
using VarSparse.Patterns;

namespace VarSparse.Kernels.Tests.Attention;

public sealed class StepRangeTests
{
    private const int Seeds = 40;

    [Fact]
    public void Ranges_and_masks_of_threads_are_what_the_pattern_lets_queries_see()
    {
        for (int seed = 0; seed < Seeds; seed++)
        {
            var random = new Random(seed);
            SparsePattern pattern = SmallPatterns.Next(random, heads: 2, batch: 2);
            PatternImage image = PatternImage.Create(pattern);
            if (!image.HasMask)
                continue;
            var problem = new KernelProblem(pattern, AttentionElement.Float16, 2, 2, 8, TensorOrder.HeadsFirst, seed);
            using var memory = new ProblemMemory(problem, image, wantLogSumExp: false, new HostStore());
            for (int place = 0; place < 4 * image.TileCount; place++)
            {
                var work = new TileWork { Batch = place / image.TileCount / 2, Head = place / image.TileCount % 2, Tile = place % image.TileCount };
                for (int word = 0; word < image.WordsPerTile; word++)
                    CheckWord(memory.Parameters, pattern, image, work, word, $"seed {seed}, {pattern}, unit {place}, word {word}");
            }
        }
    }

    [Fact]
    public void A_range_goes_from_the_first_seen_step_to_the_last()
    {
        byte[] states = [.. ((int[])[0, 1, 0, 2, 0, 2, 1, 0]).SelectMany(state => (byte[])[(byte)state, (byte)state])];
        var range = new int[StepRange.Numbers];
        StepRange.Write(states, words: 1, word: 0, range);

        Assert.Equal([1, 7, 0b0101000, 0], range);
    }

    [Fact]
    public void Steps_beyond_the_last_that_has_a_bit_count_as_seen_in_part()
    {
        var range = new int[StepRange.Numbers];
        StepRange.Write([.. Enumerable.Repeat(BlockState.Full, 2 * (StepRange.Bits + 5))], words: 1, word: 0, range);

        Assert.Equal([0, StepRange.Bits + 5, -1, 0], range);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(100)]
    [InlineData(127)]
    public void Without_a_mask_keys_before_the_end_of_a_list_are_seen(int keys)
    {
        for (int slot = 0; slot < 64; slot++)
        {
            for (int key = 0; key < StepLayout.KeysPerStep; key++)
                Assert.Equal(key < keys, Bit(StepMask.UpTo(keys, MaskFragment.ThreadOf(slot, key % 64)), slot, key));
        }
    }

    private static void CheckWord(AttentionParameters p, SparsePattern pattern, PatternImage image, TileWork work, int word, string where)
    {
        uint index = KeyList.IndexOf(p, work);
        KeyList list = KeyList.At(p, index);
        int[] range = image.StepRanges[(((int)index * image.WordsPerTile + word) * StepRange.Numbers)..][..StepRange.Numbers];
        bool[,] visible = pattern.ToDenseMask(work.Batch % pattern.BatchCount, work.Head % pattern.HeadCount);
        var times = new int[image.QueryCount, image.KeyCount];
        for (int step = 0; step < StepLayout.Steps(list.Length); step++)
        {
            bool seen = step >= range[0] && step < range[1], whole = step < StepRange.Bits && ((range[2] >> step) & 1) != 0;
            Assert.True(seen || !whole, where);
            StepMask[] masks = [.. Enumerable.Range(0, MaskFragment.Threads).Select(thread =>
                StepMask.Load<MaskOptions>(p, StepMask.Start(list.FirstBlock * p.WordsPerTile + word, thread), step))];
            for (int slot = 0; slot < 64; slot++)
            {
                int query = image.SlotQueries[(work.Tile * image.WordsPerTile + word) * 64 + slot];
                for (int key = 0; key < StepLayout.KeysPerStep && query >= 0; key++)
                {
                    bool actual = Bit(masks[MaskFragment.ThreadOf(slot, key % 64)], slot, key);
                    Assert.True(!whole || actual, $"{where}: step {step} counts as whole");
                    Assert.True(seen || !actual, $"{where}: step {step} counts as hidden");
                    int entry = step * StepLayout.KeysPerStep + key;
                    Assert.True(entry < list.Length || !actual, $"{where}: entry {entry} of {list.Length} is seen");
                    if (actual)
                        times[query, image.Keys[list.FirstBlock * 64 + entry]]++;
                }
            }
        }

        // Keys can stand twice, but not for the same query.
        for (int slot = 0; slot < 64; slot++)
        {
            int query = image.SlotQueries[(work.Tile * image.WordsPerTile + word) * 64 + slot];
            for (int key = 0; key < image.KeyCount && query >= 0; key++)
                Assert.True(times[query, key] == (visible[query, key] ? 1 : 0), $"{where}: query {query} sees key {key} {times[query, key]} times");
        }
    }

    private static bool Bit(StepMask mask, int slot, int key) =>
        (((key < 64 ? mask.Left : mask.Right) >> MaskFragment.BitOf(slot, key % 64)) & 1) != 0;
}
