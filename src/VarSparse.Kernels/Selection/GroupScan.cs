using ILGPU;

namespace VarSparse.Kernels.Selection;

/// <summary>What the threads of a group hold together: the sum before a thread, and the sum of all.</summary>
internal struct GroupSum
{
    public long Before;
    public long Total;
}

/// <summary>Sums over the threads of a group. All threads of the group must call.</summary>
internal static class GroupScan
{
    public const int LanesPerWarp = 32;

    /// <summary>Sums of whole numbers: exact, so the same in any order.</summary>
    /// <param name="value">The thread's own number.</param>
    /// <param name="warpSums">Shared memory, one entry a warp; free again after the next barrier.</param>
    public static GroupSum Exclusive(long value, ArrayView<long> warpSums)
    {
        int lane = Group.IdxX % LanesPerWarp;
        int warp = Group.IdxX / LanesPerWarp;
        long sum = value;
        for (int step = 1; step < LanesPerWarp; step *= 2)
        {
            long other = Warp.ShuffleUp(sum, step);
            sum += lane >= step ? other : 0;
        }

        // Whoever still reads the sums of a scan before has done so.
        Group.Barrier();
        if (lane == LanesPerWarp - 1)
            warpSums[warp] = sum;
        Group.Barrier();
        var result = new GroupSum { Before = sum - value };
        for (int i = 0; i < Group.DimX / LanesPerWarp; i++)
        {
            long other = warpSums[i];
            result.Before += i < warp ? other : 0;
            result.Total += other;
        }

        return result;
    }

    /// <summary>The sum of one number of each thread, the same bits for all of them and in every run.</summary>
    /// <param name="value">The thread's own number.</param>
    /// <param name="warpSums">Shared memory, one entry a warp, which nobody reads or writes any more.</param>
    public static float Total(float value, ArrayView<float> warpSums)
    {
        float sum = OverWarp(value);
        if (Warp.IsFirstLane)
            warpSums[Group.IdxX / LanesPerWarp] = sum;
        Group.Barrier();
        return OverWarp(Warp.LaneIdx < Group.DimX / LanesPerWarp ? warpSums[Warp.LaneIdx] : 0);
    }

    /// <summary>Step by step: the compiler does not unroll a loop over the distances.</summary>
    private static float OverWarp(float value)
    {
        value += Warp.ShuffleXor(value, 16);
        value += Warp.ShuffleXor(value, 8);
        value += Warp.ShuffleXor(value, 4);
        value += Warp.ShuffleXor(value, 2);
        return value + Warp.ShuffleXor(value, 1);
    }
}
