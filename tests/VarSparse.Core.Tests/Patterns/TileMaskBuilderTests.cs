using System.Numerics;
using VarSparse.Patterns;

namespace VarSparse.Core.Tests.Patterns;

public class TileMaskBuilderTests
{
    [Fact]
    public void Lists_whose_hashes_collide_stay_apart()
    {
        // Of so many lists about 18 pairs have the same hash of 32 bits, and hardly ever none has; their mask words are all equal.
        const int keyCount = 24, keysOfList = 12, lists = 400_000;
        var builder = new TileMaskBuilder(keyCount, wordsPerKey: 1);
        int closed = 0;
        foreach (uint keys in Enumerable.Range(0, 1 << keyCount).Select(bits => (uint)bits).Where(bits => BitOperations.PopCount(bits) == keysOfList).Take(lists))
        {
            for (uint rest = keys; rest != 0; rest &= rest - 1)
                builder.Add(slot: 0, BitOperations.TrailingZeroCount(rest));
            int list = builder.CloseList();
            if (list != closed++)
                Assert.Fail($"list {closed - 1} was taken for list {list}");
        }

        Assert.Equal(lists, closed);
    }

    [Fact]
    public void Equal_lists_are_stored_once()
    {
        var builder = new TileMaskBuilder(keyCount: 3, wordsPerKey: 1);
        int[] stored = [.. new[] { 0, 1, 0, 2, 1 }.Select(key => { builder.Add(slot: 1, key); return builder.CloseList(); })];
        Assert.Equal([0, 1, 0, 2, 1], stored);
    }
}
