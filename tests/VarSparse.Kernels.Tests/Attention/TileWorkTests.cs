using ILGPU;
using VarSparse.Kernels.Attention;
using VarSparse.Kernels.Intrinsics;
using VarSparse.Kernels.Tests.Support;

namespace VarSparse.Kernels.Tests.Attention;

public sealed class TileWorkTests(KernelLab lab)
{
    private const int Words = 2;

    [Fact]
    public void Groups_together_take_every_unit_once_in_order()
    {
        for (int seed = 0; seed < 20; seed++)
        {
            var random = new Random(seed);
            var sizes = new AttentionParameters
            {
                Batch = random.Next(1, 4),
                Heads = random.Next(1, 5),
                TileCount = random.Next(1, 8),
                WordsPerTile = random.Next(1, 8),
            };
            int runs = (sizes.WordsPerTile + 1) / 2, groups = random.Next(1, 40);
            int units = (int)TileWork.Count(sizes, Words);
            Assert.Equal(sizes.Batch * sizes.Heads * sizes.TileCount * runs, units);
            var places = new Bytes16[units];
            TileWork way = TileWork.Of(sizes, groups, Words);
            lab.Run(Walk, 32, 0, [sizes.Batch, sizes.Heads, sizes.TileCount, sizes.WordsPerTile, way.Batch, way.Head, way.Tile, way.Run], places, groups);
            for (int i = 0; i < units; i++)
            {
                int head = i / runs / sizes.TileCount;
                var expected = new Bytes16((uint)(head / sizes.Heads), (uint)(head % sizes.Heads), (uint)(i / runs % sizes.TileCount), (uint)(i % runs));
                Assert.True(places[i].Equals(expected), $"seed {seed}, {groups} groups, unit {i} of {units}");
            }
        }
    }

    /// <summary>Writes each unit at its number, counted on apart from the unit itself.</summary>
    [TestKernel(Threads = 32)]
    private static void Walk(ulong input, ulong output)
    {
        AttentionParameters p = default;
        p.Batch = (int)GlobalBytes.Load4(input);
        p.Heads = (int)GlobalBytes.Load4(input + 4);
        p.TileCount = (int)GlobalBytes.Load4(input + 8);
        p.WordsPerTile = (int)GlobalBytes.Load4(input + 12);
        var way = new TileWork
        {
            Batch = (int)GlobalBytes.Load4(input + 16),
            Head = (int)GlobalBytes.Load4(input + 20),
            Tile = (int)GlobalBytes.Load4(input + 24),
            Run = (int)GlobalBytes.Load4(input + 28),
        };
        TileWork work = TileWork.Of(p, Grid.IdxX, Words);
        int number = Grid.IdxX;
        while (work.Batch < p.Batch)
        {
            if (Group.IdxX == 0)
                GlobalBytes.Store16(output + (ulong)number * 16, new Bytes16((uint)work.Batch, (uint)work.Head, (uint)work.Tile, (uint)work.Run));
            number += Grid.DimX;
            work = TileWork.Next(p, work, way, Words);
        }
    }
}
