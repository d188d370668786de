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

    /// <summary>The class of a cell that nobody sees.</summary>
    public const int Unseen = -1;

    public TileCells Cells;
    public ArrayView<int> Counters;

    /// <summary>Without a mask lists stay in their natural order.</summary>
    public bool HasMask;

    /// <summary>Counts the keys of each class; all threads of the group must call.</summary>
    /// <param name="sort">Who sees which key, and the counters.</param>
    /// <param name="warpSums">As in <see cref="GroupScan"/>.</param>
    /// <param name="first">The first of the thread's cells.</param>
    /// <param name="end">Their end.</param>
    /// <returns>Where sorted keys stand.</returns>
    public static SortedPlaces Count(KeySort sort, ArrayView<long> warpSums, int first, int end)
    {
        int thread = Group.IdxX, threads = Group.DimX;
        int classes = sort.HasMask ? sort.Cells.Words * (sort.Cells.Words + 1) : 1;
        for (int i = thread; i < classes * threads; i += threads)
            sort.Counters[i] = 0;
        Group.Barrier();
        for (int cell = first, source = 0; cell < end; cell++)
        {
            source = TileCells.Source(sort.Cells, cell, source);
            int keyClass = Class(sort, TileCells.Lines(sort.Cells.Spans[source], cell));
            if (keyClass != Unseen)
                sort.Counters[keyClass * threads + thread]++;
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
        SortedPlaces places = sort.HasMask && sort.Cells.Words == 2
            ? SortedPlaces.InSteps(sort.Counters[BothWords * threads - 1], sort.Counters[OnlyLastWord * threads - 1], count)
            : SortedPlaces.InOrder(count);
        Group.Barrier();
        return places;
    }

    /// <summary>
    /// Takes a key of the thread's run: how many keys are sorted before it. A run is taken from its end to its start, after
    /// <see cref="Count"/>.
    /// </summary>
    public static int Take(KeySort sort, int keyClass)
    {
        int counter = keyClass * Group.DimX + Group.IdxX;
        int place = sort.Counters[counter] - 1;
        sort.Counters[counter] = place;
        return place;
    }

    /// <summary>The class of a cell: by first word, then by last word, then whole ones first.</summary>
    public static int Class(KeySort sort, uint lines)
    {
        int words = sort.Cells.Words, first = words, last = 0;
        bool whole = true;
        for (int word = 0; word < words; word++)
        {
            ulong seen = TileCells.Seen(sort.Cells, lines, word);
            bool any = seen != 0;
            whole &= !any || seen == TileCells.All(sort.Cells, word);
            first = any && first == words ? word : first;
            last = any ? word : last;
        }

        if (first == words)
            return Unseen;
        return sort.HasMask ? (first * words - first * (first - 1) / 2 + last - first) * 2 + (whole ? 0 : 1) : 0;
    }
}
