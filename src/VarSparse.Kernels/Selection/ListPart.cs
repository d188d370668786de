using ILGPU;
using VarSparse.Kernels.Attention;
using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Selection;

/// <summary>The steps of a tile's list that a group writes: keys, zeros where there are none, and masks.</summary>
internal struct ListPart
{
    /// <summary>Steps that a part has at most.</summary>
    public const int MostSteps = 16;

    /// <summary>The lines of each entry that holds a key, in shared memory; see <see cref="TileCells.Lines"/>.</summary>
    private ArrayView<uint> _entryLines;

    /// <summary>The list's first entry among those of all lists.</summary>
    private ulong _list;

    private int _firstStep;
    private int _endStep;

    public static ListPart Of(CrossScaleLocalParameters p, ArrayView<uint> entryLines, int tile, int part)
    {
        int steps = (p.StepsPerList + p.PartsPerList - 1) / p.PartsPerList;
        int first = Math.Min(part * steps, p.StepsPerList);
        return new()
        {
            _entryLines = entryLines,
            _list = (ulong)((long)tile * p.StepsPerList * StepLayout.KeysPerStep),
            _firstStep = first,
            _endStep = Math.Min(first + steps, p.StepsPerList),
        };
    }

    /// <summary>Makes all entries empty; all threads of the group must call, and meet at a barrier before they store.</summary>
    public static void Clear(CrossScaleLocalParameters p, ListPart part)
    {
        int end = part._endStep * StepLayout.KeysPerStep;
        for (int entry = part._firstStep * StepLayout.KeysPerStep + Group.IdxX; entry < end; entry += Group.DimX)
            GlobalBytes.Store4(p.KeyIndices + (part._list + (ulong)entry) * sizeof(int), 0);
    }

    /// <summary>Stores an entry if it is one of the part's.</summary>
    public static void Store(CrossScaleLocalParameters p, ListPart part, int entry, uint key, uint lines)
    {
        int step = entry / StepLayout.KeysPerStep;
        if (step < part._firstStep || step >= part._endStep)
            return;
        GlobalBytes.Store4(p.KeyIndices + (part._list + (ulong)entry) * sizeof(int), key);
        part._entryLines[entry - part._firstStep * StepLayout.KeysPerStep] = lines;
    }

    /// <summary>Writes the masks, once all entries are stored; all threads of the group must call.</summary>
    public static void WriteMasks(CrossScaleLocalParameters p, ListPart part, StepMasks masks, TileCells cells, SortedPlaces places)
    {
        for (int step = part._firstStep; step < part._endStep; step++)
        {
            var lines = part._entryLines.SubView((step - part._firstStep) * StepLayout.KeysPerStep, StepLayout.KeysPerStep);
            StepMasks.Write(p, masks, cells, places, lines, part._list, step);
        }
    }
}
