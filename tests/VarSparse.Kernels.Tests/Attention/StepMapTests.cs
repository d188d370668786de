using VarSparse.Kernels.Attention;
using VarSparse.Patterns;

namespace VarSparse.Kernels.Tests.Attention;

public sealed class StepMapTests
{
    private const int Seeds = 40;

    [Fact]
    public void Maps_and_masks_of_threads_are_what_the_pattern_lets_queries_see()
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
    public void Of_hidden_steps_between_seen_ones_only_a_single_one_is_skipped()
    {
        byte[] states = [.. ((int[])[1, 0, 2, 0, 0, 1, 2]).SelectMany(state => (byte[])[(byte)state, (byte)state])];
        var map = new int[StepMap.Numbers];
        StepMap.Write(states, words: 1, word: 0, map);

        Assert.Equal([0b1111101, 0, 0, 0, 0b1000100, 0, 0, 0], map);
    }

    [Fact]
    public void Steps_beyond_the_last_that_has_a_bit_leave_the_map_alone()
    {
        var map = new int[StepMap.Numbers];
        StepMap.Write([.. Enumerable.Repeat(BlockState.Full, 2 * (StepMap.Steps + 5))], words: 1, word: 0, map);

        Assert.All(map, bits => Assert.Equal(-1, bits));
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
        KeyList list = KeyList.Of(p, work);
        var notes = new TileNotes { Length = list.Length, FirstBlock = list.FirstBlock, Word = word };
        int[] map = image.StepMaps[((list.Index * image.WordsPerTile + word) * StepMap.Numbers)..][..StepMap.Numbers];
        bool[,] visible = pattern.ToDenseMask(work.Batch % pattern.BatchCount, work.Head % pattern.HeadCount);
        var times = new int[image.QueryCount, image.KeyCount];
        for (int step = 0; step < StepLayout.Steps(list.Length); step++)
        {
            bool seen = IsSet(map, step), whole = IsSet(map.AsSpan(StepMap.Numbers / 2), step);
            Assert.True(seen || !whole, where);
            StepMask[] masks = [.. Enumerable.Range(0, MaskFragment.Threads).Select(thread =>
                StepMask.Load<MaskOptions>(p, StepMask.Start(p, notes, thread), step))];
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

    private static bool IsSet(ReadOnlySpan<int> bits, int step) => ((bits[step / 32] >> (step % 32)) & 1) != 0;

    private static bool Bit(StepMask mask, int slot, int key) =>
        (((key < 64 ? mask.Left : mask.Right) >> MaskFragment.BitOf(slot, key % 64)) & 1) != 0;
}
