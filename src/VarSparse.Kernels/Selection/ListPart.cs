using ILGPU;
using VarSparse.Kernels.Attention;
using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Selection;

/// <summary>Writes some steps of a tile's list: keys, zeros where there are none, and masks. All threads of the group call.</summary>
internal static class ListPart
{
    public static void Write(CrossScaleLocalParameters p, KeySort sort, ArrayView<long> warpSums, StepMasks masks, int tile, int part)
    {
        int steps = (p.StepsPerList + p.PartsPerList - 1) / p.PartsPerList;
        int firstStep = Math.Min(part * steps, p.StepsPerList), endStep = Math.Min(firstStep + steps, p.StepsPerList);
        int first = firstStep * StepLayout.KeysPerStep, end = endStep * StepLayout.KeysPerStep;
        ulong list = (ulong)((long)tile * p.StepsPerList * StepLayout.KeysPerStep) * sizeof(int);
        for (int entry = first + Group.IdxX; entry < end; entry += Group.DimX)
            GlobalBytes.Store4(p.KeyIndices + list + (ulong)entry * sizeof(int), 0);
        SortedPlaces places = KeySort.Count(sort, warpSums);
        for (int cell = sort.End - 1, source = 0; cell >= sort.First; cell--)
        {
            source = SourceSpans.Holding(sort.Spans, cell, source);
            SourceSpan span = sort.Spans[source];
            int rectangle = SourceSpans.Rectangle(span, cell, sort.Tiles, sort.Patch);
            if (rectangle != SourceSpans.Unseen)
            {
                int n = KeySort.Take(sort, rectangle);
                int place = SortedPlaces.Of(places, n), repeated = SortedPlaces.Repeated(places, n);
                uint key = SourceSpans.Key(span, cell);
                if (place >= first && place < end)
                    Store(p, list, place, key, rectangle);
                if (repeated >= first && repeated < end)
                    Store(p, list, repeated, key, rectangle);
            }
        }

        Group.Barrier();
        if (sort.MaskWords > 0)
        {
            for (int step = firstStep; step < endStep; step++)
                StepMasks.Write(p, masks, sort, places, tile, step);
        }
    }

    private static void Store(CrossScaleLocalParameters p, ulong list, int place, uint key, int rectangle)
    {
        ulong offset = list + (ulong)place * sizeof(int);
        GlobalBytes.Store4(p.KeyIndices + offset, key);
        if (p.Rectangles != 0)
            GlobalBytes.Store4(p.Rectangles + offset, (uint)rectangle);
    }
}
