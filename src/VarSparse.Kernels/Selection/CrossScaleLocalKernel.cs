using ILGPU;
using VarSparse.Kernels.Attention;
using VarSparse.Kernels.Intrinsics;
using VarSparse.Patterns;

namespace VarSparse.Kernels.Selection;

/// <summary>
/// Writes the pattern of <see cref="CrossScaleLocal"/> in the form that attention kernels read, a group a tile: what
/// <see cref="PatternImage"/> makes on the host, except that every list has room for as many blocks as the longest needs, so that no
/// tile has to know about another. What it leaves alone, such as the end of a list's last block, is to be zero.
/// </summary>
internal static class CrossScaleLocalKernel
{
    public const int Threads = QueryTiles.MaxQueriesPerTile;

    private const int Words = QueryTiles.MaxQueriesPerTile / 64;

    /// <summary>First and last word that sees a key, and whether all in between see it whole: 10 pairs of up to four words, twice.</summary>
    private const int Classes = Words * (Words + 1);

    /// <summary>Of a tile of two words, the first class that both see, and the first that the last word sees alone.</summary>
    private const int BothWords = 2;
    private const int OnlyLastWord = 2 * Words;

    public static void Run(CrossScaleLocalParameters p)
    {
        var warpSums = SharedMemory.Allocate<long>(Threads / GroupScan.LanesPerWarp);
        var rowArrays = SharedMemory.Allocate<int>(3 * Threads);
        var columnArrays = SharedMemory.Allocate<int>(3 * Threads);
        var slots = new SlotsOfLines
        {
            Rows = SharedMemory.Allocate<ulong>((Threads + 1) * Words),
            Columns = SharedMemory.Allocate<ulong>((Threads + 1) * Words),
        };
        var classStarts = SharedMemory.Allocate<int>(Classes * Threads);
        var blockSlots = SharedMemory.Allocate<ulong>(MaskFragment.Side);
        var stepRange = SharedMemory.Allocate<int>(StepRange.Numbers);

        int tile = Grid.IdxX;
        int thread = Group.IdxX;
        int room = p.BlocksPerList * MaskFragment.Side;
        bool hasMask = p.StepRanges != 0;
        ulong list = p.KeyIndices + (ulong)((long)tile * room) * sizeof(int);
        ulong natural = p.Scratch + (ulong)((long)tile * room) * (3 * sizeof(int));
        ulong naturalRectangles = natural + (ulong)room * sizeof(int);
        ulong rectangles = naturalRectangles + (ulong)room * sizeof(int);
        TilePatch patch = TileGrid.Patch(p.Tiles, tile);
        WriteSlots(p, patch, tile);

        var rows = Axis(rowArrays, patch.Height);
        var columns = Axis(columnArrays, patch.Width);
        int count = 0;
        for (int source = 0; source < p.SourceCount; source++)
        {
            Bytes16 grid = GlobalBytes.Load16(p.Sources + (ulong)source * 16);
            int height = (int)grid.W1, width = (int)grid.W2, radius = (int)grid.W3;
            bool whole = radius < 0;
            int seenRows = height, seenColumns = width;
            if (!whole)
            {
                seenRows = AxisWindows.Fill(rows, warpSums, patch.Top, patch.Height, p.Tiles.GridHeight, height, radius);
                seenColumns = AxisWindows.Fill(columns, warpSums, patch.Left, patch.Width, p.Tiles.GridWidth, width, radius);
                Group.Barrier();
            }

            for (int i = thread; i < seenRows * seenColumns; i += Threads)
            {
                int row = i / seenColumns, column = i % seenColumns;
                int rectangle = SlotRectangle.Of(0, patch.Height - 1, 0, patch.Width - 1);
                if (!whole)
                {
                    int firstRow = AxisWindows.FirstRowThatSees(rows, row);
                    int firstColumn = AxisWindows.FirstRowThatSees(columns, column);
                    row = rows.FirstNew[firstRow] + row - rows.Before[firstRow];
                    column = columns.FirstNew[firstColumn] + column - columns.Before[firstColumn];
                    rectangle = SlotRectangle.Of(
                        firstRow, AxisWindows.LastRowThatSees(rows, row), firstColumn, AxisWindows.LastRowThatSees(columns, column));
                }

                ulong place = (ulong)(count + i) * sizeof(int);
                uint key = grid.W0 + (uint)(row * width + column);
                GlobalBytes.Store4((hasMask ? natural : list) + place, key);
                if (hasMask)
                    GlobalBytes.Store4(naturalRectangles + place, (uint)rectangle);
            }

            count += seenRows * seenColumns;
            Group.Barrier();
        }

        if (hasMask)
        {
            SlotsOfLines.Fill(slots, patch);
            StepLayout layout = Sort(p, slots, patch, classStarts, warpSums, natural, naturalRectangles, count, list, rectangles);
            count = p.Tiles.WordsPerTile == 2 ? StepLayout.Length(layout) : count;
            WriteMasks(p, slots, patch, blockSlots, stepRange, tile, rectangles, layout, count);
        }

        if (thread == 0)
        {
            GlobalBytes.Store16(
                p.ListRanges + (ulong)tile * 16, new Bytes16((uint)(tile * room), (uint)count, (uint)(tile * p.BlocksPerList), 0));
            GlobalBytes.Store4(p.ListOfTile + (ulong)tile * sizeof(int), (uint)tile);
        }
    }

    private static AxisWindows Axis(ArrayView<int> arrays, int count) => new()
    {
        From = arrays.SubView(0, Threads),
        FirstNew = arrays.SubView(Threads, Threads),
        Before = arrays.SubView(2 * Threads, Threads),
        Count = count,
    };

    private static void WriteSlots(CrossScaleLocalParameters p, TilePatch patch, int tile)
    {
        int slots = p.Tiles.WordsPerTile * MaskFragment.Side;
        for (int slot = Group.IdxX; slot < slots; slot += Threads)
        {
            GlobalBytes.Store4(
                p.SlotQueries + (ulong)((long)tile * slots + slot) * sizeof(int), (uint)TileGrid.Query(p.Tiles, patch, slot));
        }
    }

    /// <summary>
    /// A stable counting sort by class. Each thread has a run of neighbouring keys, and counters of its own: first of how many keys of
    /// a class it has, then of where the last one that is not yet placed goes behind. With two words the sorted keys go where
    /// <see cref="StepLayout"/> has them.
    /// </summary>
    private static StepLayout Sort(
        CrossScaleLocalParameters p, SlotsOfLines slots, TilePatch patch, ArrayView<int> starts, ArrayView<long> warpSums,
        ulong keys, ulong rectangles, int count, ulong sortedKeys, ulong sortedRectangles)
    {
        int thread = Group.IdxX;
        int share = (count + Threads - 1) / Threads;
        int first = Math.Min(thread * share, count), end = Math.Min(first + share, count);
        for (int i = thread; i < Classes * Threads; i += Threads)
            starts[i] = 0;
        Group.Barrier();
        for (int i = first; i < end; i++)
        {
            int rectangle = (int)GlobalBytes.Load4(rectangles + (ulong)i * sizeof(int));
            starts[Class(slots, patch, rectangle, p.Tiles.WordsPerTile) * Threads + thread]++;
        }

        Group.Barrier();
        int sum = 0;
        for (int i = thread * Classes; i < (thread + 1) * Classes; i++)
            sum += starts[i];
        sum = (int)GroupScan.Exclusive(sum, warpSums).Before;
        for (int i = thread * Classes; i < (thread + 1) * Classes; i++)
        {
            sum += starts[i];
            starts[i] = sum;
        }

        Group.Barrier();
        bool hasSteps = p.Tiles.WordsPerTile == 2;
        int onlyFirst = starts[BothWords * Threads - 1], notOnlyLast = starts[OnlyLastWord * Threads - 1];
        StepLayout layout = StepLayout.Of(onlyFirst, notOnlyLast - onlyFirst, count - notOnlyLast);

        // Backwards from where a class ends. What is stored must follow from what was loaded: ILGPU moves a load behind a store to the
        // same place that does not need it.
        Group.Barrier();
        for (int i = end - 1; i >= first; i--)
        {
            uint rectangle = GlobalBytes.Load4(rectangles + (ulong)i * sizeof(int));
            int counter = Class(slots, patch, (int)rectangle, p.Tiles.WordsPerTile) * Threads + thread;
            int next = starts[counter] - 1;
            starts[counter] = next;
            uint key = GlobalBytes.Load4(keys + (ulong)i * sizeof(int));
            int place = next;
            if (hasSteps && next >= notOnlyLast)
            {
                place = StepLayout.StartOfLast(layout) + next - notOnlyLast;
            }
            else if (hasSteps && next >= onlyFirst)
            {
                int afterBoth = next - onlyFirst - layout.Both;
                place = afterBoth < 0 ? StepLayout.StartOfBoth(layout) + next - onlyFirst : onlyFirst + afterBoth;
                if (afterBoth >= 0)
                    Store(sortedKeys, sortedRectangles, StepLayout.StartOfLast(layout) + count - notOnlyLast + afterBoth, key, rectangle);
            }

            Store(sortedKeys, sortedRectangles, place, key, rectangle);
        }

        Group.Barrier();
        return layout;
    }

    private static void Store(ulong keys, ulong rectangles, int place, uint key, uint rectangle)
    {
        GlobalBytes.Store4(keys + (ulong)place * sizeof(int), key);
        GlobalBytes.Store4(rectangles + (ulong)place * sizeof(int), rectangle);
    }

    /// <summary>The order of <see cref="KeyOrder"/>: by first word, then by last word, then whole ones first.</summary>
    private static int Class(SlotsOfLines slots, TilePatch patch, int rectangle, int words)
    {
        int first = words, last = 0;
        bool whole = true;
        for (int word = 0; word < words; word++)
        {
            ulong seen = SlotsOfLines.Of(slots, rectangle, word);
            bool any = seen != 0;
            whole &= !any || seen == SlotsOfLines.All(slots, patch, word);
            first = any && first == words ? word : first;
            last = any ? word : last;
        }

        return (first * Words - first * (first - 1) / 2 + last - first) * 2 + (whole ? 0 : 1);
    }

    /// <param name="p">The parameters.</param>
    /// <param name="slots">The slots of rectangles.</param>
    /// <param name="patch">The tile.</param>
    /// <param name="blockSlots">Room for a block's slots.</param>
    /// <param name="stepRange">Room for a word's range.</param>
    /// <param name="tile">Which tile.</param>
    /// <param name="rectangles">The rectangle of each entry that holds a key.</param>
    /// <param name="layout">Which do, where the tile has two words.</param>
    /// <param name="count">How many entries the list has.</param>
    private static void WriteMasks(
        CrossScaleLocalParameters p, SlotsOfLines slots, TilePatch patch, ArrayView<ulong> blockSlots, ArrayView<int> stepRange, int tile,
        ulong rectangles, StepLayout layout, int count)
    {
        int thread = Group.IdxX;
        bool hasSteps = p.Tiles.WordsPerTile == 2;

        // Beyond the list's last step nothing is seen, and the memory is zero.
        int blocks = StepLayout.Steps(count) * (StepLayout.KeysPerStep / MaskFragment.Side);
        for (int word = 0; word < p.Tiles.WordsPerTile; word++)
        {
            ulong all = SlotsOfLines.All(slots, patch, word);
            bool leftAny = false, leftWhole = false;
            if (thread < StepRange.Numbers)
                stepRange[thread] = 0;
            for (int block = 0; block < blocks; block++)
            {
                int entry = block * MaskFragment.Side + thread;
                ulong seen = 0;
                if (thread < MaskFragment.Side)
                {
                    bool exists = entry < count;
                    bool hasKey = hasSteps ? ((StepLayout.WordsOf(layout, entry) >> word) & 1) != 0 : exists;
                    if (hasKey)
                        seen = SlotsOfLines.Of(slots, (int)GlobalBytes.Load4(rectangles + (ulong)entry * sizeof(int)), word);

                    // Slots without a query see everything: it changes nothing and leaves more words whole.
                    blockSlots[thread] = exists ? seen | ~all : 0;
                }

                bool any = Group.BarrierOr(seen != 0);
                bool whole = Group.BarrierAnd(thread >= MaskFragment.Side || (entry < count && seen == all));
                int state = !any ? BlockState.Hidden : whole ? BlockState.Full : BlockState.Partial;
                long place = ((long)tile * p.BlocksPerList + block) * p.Tiles.WordsPerTile + word;
                if (thread == 0)
                    GlobalBytes.Store1(p.BlockStates + (ulong)place, (uint)state);
                if (thread < MaskFragment.Threads)
                    GlobalBytes.Store4(p.MaskFragments + (ulong)(place * MaskFragment.Threads + thread) * sizeof(uint), Fragment(blockSlots));

                if (thread == 0 && block % 2 == 1 && (leftAny || any))
                    Extend(stepRange, block / 2, leftWhole && any && whole);
                leftAny = any;
                leftWhole = any && whole;

                // The next block's slots go where these still are.
                Group.Barrier();
            }

            if (thread < StepRange.Numbers)
            {
                ulong number = (ulong)(((long)tile * p.Tiles.WordsPerTile + word) * StepRange.Numbers + thread);
                GlobalBytes.Store4(p.StepRanges + number * sizeof(int), (uint)stepRange[thread]);
            }

            Group.Barrier();
        }
    }

    /// <summary>Makes a <see cref="StepRange"/> reach to a step that is seen.</summary>
    private static void Extend(ArrayView<int> range, int step, bool isWhole)
    {
        if (range[1] == 0)
            range[0] = step;
        range[1] = step + 1;
        if (isWhole && step < StepRange.Bits)
            range[2] |= 1 << step;
    }

    /// <summary>The thread's word of a <see cref="MaskFragment"/>: of every 8 keys the two it holds, for two slots.</summary>
    private static uint Fragment(ArrayView<ulong> blockSlots)
    {
        int lane = Group.IdxX % GroupScan.LanesPerWarp;
        int slot = Group.IdxX / GroupScan.LanesPerWarp * 16 + lane / 4;
        uint bits = 0;
        for (int pair = 0; pair < MaskFragment.Side / 8; pair++)
        {
            int key = pair * 8 + lane % 4 * 2;
            uint even = (uint)(blockSlots[key] >> slot), odd = (uint)(blockSlots[key + 1] >> slot);
            bits |= ((even & 1) | ((odd & 1) << 1)) << (2 * pair);
            bits |= (((even >> 8) & 1) | (((odd >> 8) & 1) << 1)) << (2 * pair + 16);
        }

        return bits;
    }
}
