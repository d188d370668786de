using ILGPU;
using VarSparse.Kernels.Attention;
using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Selection;

/// <summary>The <see cref="StepRange"/> of each word of a tile while its keys are gone through, in shared memory.</summary>
internal struct StepSummary
{
    /// <summary>First step that a word sees.</summary>
    public ArrayView<int> First;

    /// <summary>End of the steps that a word sees.</summary>
    public ArrayView<int> End;

    /// <summary>Keys that a word sees whole, [word, step].</summary>
    public ArrayView<int> WholeKeys;

    /// <summary>All threads of the group must call, and meet at a barrier afterwards.</summary>
    public static void Clear(StepSummary summary, int words)
    {
        for (int i = Group.IdxX; i < words * StepRange.Bits; i += Group.DimX)
            summary.WholeKeys[i] = 0;
        if (Group.IdxX < words)
        {
            summary.First[Group.IdxX] = int.MaxValue;
            summary.End[Group.IdxX] = 0;
        }
    }

    /// <summary>Takes an entry that holds a key for some words.</summary>
    public static void Add(StepSummary summary, TileCells cells, int heldWords, int place, uint lines)
    {
        int step = place / StepLayout.KeysPerStep;
        for (int word = 0; word < cells.Words; word++)
        {
            ulong seen = TileCells.Seen(cells, lines, word);
            if (((heldWords >> word) & 1) == 0 || seen == 0)
                continue;

            // Most keys change neither: what others write meanwhile only makes that more so.
            if (step < summary.First[word])
                Atomic.Min(ref summary.First[word], step);
            if (step >= summary.End[word])
                Atomic.Max(ref summary.End[word], step + 1);
            if (step < StepRange.Bits && seen == TileCells.All(cells, word))
                Atomic.Add(ref summary.WholeKeys[word * StepRange.Bits + step], 1);
        }
    }

    /// <summary>The range of a word, after a barrier.</summary>
    public static Bytes16 Range(StepSummary summary, int word)
    {
        uint whole = 0;
        for (int step = 0; step < StepRange.Bits; step++)
            whole |= summary.WholeKeys[word * StepRange.Bits + step] == StepLayout.KeysPerStep ? 1u << step : 0;
        int end = summary.End[word];
        return new Bytes16(end > 0 ? (uint)summary.First[word] : 0, (uint)end, whole, 0);
    }
}
