using ILGPU;
using VarSparse.Kernels.Attention;
using VarSparse.Patterns;

namespace VarSparse.Kernels.Selection;

/// <summary>
/// A stable counting sort of a tile's keys by the words that see them, in the order of <see cref="KeyOrder"/>. Each thread has a run of
/// neighbouring cells, and counters of its own in shared memory: first of how many keys of a class it has, then of where the last one that
/// is not yet taken goes behind.
/// </summary>
internal struct KeySort
{
    private const int Words = QueryTiles.MaxQueriesPerTile / 64;

    /// <summary>First and last word that sees a key, and whether all in between see it whole: 10 pairs of up to four words, twice.</summary>
    public const int MostClasses = Words * (Words + 1);

    /// <summary>Of a tile of two words, the first class that both see, and the first that the last word sees alone.</summary>
    private const int BothWords = 2;
    private const int OnlyLastWord = 4;

    public ArrayView<SourceSpan> Spans;
    public SlotsOfLines Slots;
    public ArrayView<int> Counters;

    /// <summary>Mask words of a key, or 0 for lists without a mask, which stay in their natural order.</summary>
    public int MaskWords;

    public TileGrid Tiles;
    public TilePatch Patch;

    /// <summary>Counts the keys of each class; all threads of the group must call.</summary>
    /// <param name="sort">Who sees which key, and the counters.</param>
    /// <param name="warpSums">As in <see cref="GroupScan"/>.</param>
    /// <param name="first">The first of the thread's cells.</param>
    /// <param name="end">Their end.</param>
    /// <returns>Where sorted keys stand.</returns>
    public static SortedPlaces Count(KeySort sort, ArrayView<long> warpSums, int first, int end)
    {
        int thread = Group.IdxX, threads = Group.DimX;
        int classes = sort.MaskWords == 0 ? 1 : sort.MaskWords * (sort.MaskWords + 1);
        for (int i = thread; i < classes * threads; i += threads)
            sort.Counters[i] = 0;
        Group.Barrier();
        for (int cell = first, source = 0; cell < end; cell++)
        {
            source = SourceSpans.Holding(sort.Spans, cell, source);
            int rectangle = SourceSpans.Rectangle(sort.Spans[source], cell, sort.Tiles, sort.Patch);
            if (rectangle != SourceSpans.Unseen)
                sort.Counters[Class(sort, rectangle) * threads + thread]++;
        }

        Group.Barrier();
        int sum = 0;
        for (int i = thread * classes; i < (thread + 1) * classes; i++)
            sum += sort.Counters[i];
        GroupSum sums = GroupScan.Exclusive(sum, warpSums);
        sum = (int)sums.Before;
        for (int i = thread * classes; i < (thread + 1) * classes; i++)
        {
            sum += sort.Counters[i];
            sort.Counters[i] = sum;
        }

        Group.Barrier();
        int count = (int)sums.Total;
        SortedPlaces places = sort.MaskWords == 2
            ? SortedPlaces.InSteps(sort.Counters[BothWords * threads - 1], sort.Counters[OnlyLastWord * threads - 1], count)
            : SortedPlaces.InOrder(count);
        Group.Barrier();
        return places;
    }

    /// <summary>
    /// Takes a key of the thread's run: how many keys are sorted before it. A run is taken from its end to its start, after
    /// <see cref="Count"/>.
    /// </summary>
    public static int Take(KeySort sort, int rectangle)
    {
        int counter = Class(sort, rectangle) * Group.DimX + Group.IdxX;
        int place = sort.Counters[counter] - 1;
        sort.Counters[counter] = place;
        return place;
    }

    /// <summary>By first word, then by last word, then whole ones first.</summary>
    private static int Class(KeySort sort, int rectangle)
    {
        int words = sort.MaskWords, first = words, last = 0;
        if (words == 0)
            return 0;
        bool whole = true;
        for (int word = 0; word < words; word++)
        {
            ulong seen = SlotsOfLines.Of(sort.Slots, rectangle, word);
            bool any = seen != 0;
            whole &= !any || seen == SlotsOfLines.All(sort.Slots, sort.Patch, word);
            first = any && first == words ? word : first;
            last = any ? word : last;
        }

        return (first * words - first * (first - 1) / 2 + last - first) * 2 + (whole ? 0 : 1);
    }
}
