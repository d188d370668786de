using VarSparse.Patterns;

namespace VarSparse.Attention.Simd;

/// <summary>
/// Attention of one group of queries: two vectors of consecutive slots of a tile. Keys that no query of the group sees are
/// skipped, the others are taken in blocks with an online softmax.
/// </summary>
internal static unsafe class QueryGroup<TLanes, TVector, T>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
    where T : unmanaged
{
    private const float NaturalLogOf2 = 0.693147180559945f;
    private const float Log2OfE = 1.44269504088896f;

    public static int Size => 2 * TLanes.Count;

    /// <summary>Computes the group that starts at a slot of a tile, for one batch entry and head.</summary>
    public static void Run(in AttentionProblem problem, WorkerScratch scratch, int batch, int head, int tile, int firstSlot)
    {
        SparsePattern pattern = problem.Pattern;
        ReadOnlySpan<int> queries = pattern.Tiles.Queries(tile);
        queries = queries.Slice(firstSlot, Math.Min(Size, queries.Length - firstSlot));
        int dimension = problem.QueryLayout.HeadDimension;
        LoadQueries(problem, scratch, batch, head, queries);

        int list = pattern.ListOf(batch, head, tile);
        ReadOnlySpan<int> keys = pattern.Lists.Keys(list);
        ReadOnlySpan<ulong> words = pattern.Lists.MaskWords(list);
        int wordsPerKey = pattern.Lists.WordsPerKey;
        uint everyQuery = (uint)((1UL << queries.Length) - 1);
        var state = SoftmaxState<TLanes, TVector>.Start();
        bool first = true;
        int filled = 0;
        bool masked = false;
        for (int i = 0; i < keys.Length; i++)
        {
            uint visible = everyQuery;
            if (!words.IsEmpty)
            {
                visible &= (uint)(words[i * wordsPerKey + firstSlot / 64] >> (firstSlot % 64));
                if (visible == 0)
                    continue;
            }

            masked |= visible != everyQuery;
            AddKey(problem, scratch, batch, head, keys[i], filled);
            scratch.VisibleBits[filled] = visible;
            if (!pattern.KeyBias.IsEmpty)
                scratch.BiasLog2[filled] = pattern.KeyBias[keys[i]] * Log2OfE;
            if (++filled == WorkerScratch.KeyBlock)
            {
                Block(scratch, filled, dimension, masked, !pattern.KeyBias.IsEmpty, ref first, ref state);
                filled = 0;
                masked = false;
            }
        }

        if (filled > 0)
            Block(scratch, filled, dimension, masked, !pattern.KeyBias.IsEmpty, ref first, ref state);
        StoreOutput(problem, scratch, batch, head, queries, first, state);
    }

    private static void AddKey(in AttentionProblem problem, WorkerScratch scratch, int batch, int head, int key, int place)
    {
        T* keyRow = (T*)problem.Keys + problem.KeyLayout.Offset(batch, head, key);
        T* valueRow = (T*)problem.Values + problem.ValueLayout.Offset(batch, head, key);
        if (Elements<T>.IsSingle)
        {
            scratch.KeyRows[place] = (float*)keyRow;
            scratch.ValueRows[place] = (float*)valueRow;
            return;
        }

        int dimension = problem.QueryLayout.HeadDimension;
        scratch.KeyRows[place] = scratch.WideKeys + place * dimension;
        scratch.ValueRows[place] = scratch.WideValues + place * dimension;
        Elements<T>.Widen(keyRow, scratch.KeyRows[place], dimension);
        Elements<T>.Widen(valueRow, scratch.ValueRows[place], dimension);
    }

    private static void Block(
        WorkerScratch scratch, int count, int dimension, bool masked, bool biased, ref bool first, ref SoftmaxState<TLanes, TVector> state)
    {
        // The register tiles read rows up to the next multiple of 4; the last row stands in for those that are not there.
        for (int i = count; i % 4 != 0; i++)
            scratch.KeyRows[i] = scratch.KeyRows[count - 1];
        RegisterTiles<TLanes, TVector>.Scores(scratch.QueriesTransposed, scratch.KeyRows, count, dimension, scratch.Scores);
        if (biased)
            AddBias(scratch, count);
        if (masked)
            HideInvisible(scratch, count);
        state.Update(scratch.Scores, count, out TVector rescale0, out TVector rescale1);
        RegisterTiles<TLanes, TVector>.Accumulate(
            scratch.Scores, scratch.ValueRows, count, dimension, scratch.OutputTransposed, first, rescale0, rescale1);
        first = false;
    }

    private static void AddBias(WorkerScratch scratch, int count)
    {
        for (int i = 0; i < count; i++)
        {
            TVector bias = TLanes.Broadcast(scratch.BiasLog2[i]);
            float* row = scratch.Scores + i * Size;
            TLanes.Store(TLanes.Add(TLanes.Load(row), bias), row);
            TLanes.Store(TLanes.Add(TLanes.Load(row + TLanes.Count), bias), row + TLanes.Count);
        }
    }

    private static void HideInvisible(WorkerScratch scratch, int count)
    {
        for (int i = 0; i < count; i++)
        {
            uint visible = scratch.VisibleBits[i];
            float* row = scratch.Scores + i * Size;
            TLanes.Store(TLanes.KeepVisible(TLanes.Load(row), visible), row);
            TLanes.Store(TLanes.KeepVisible(TLanes.Load(row + TLanes.Count), visible >> TLanes.Count), row + TLanes.Count);
        }
    }

    private static void LoadQueries(in AttentionProblem problem, WorkerScratch scratch, int batch, int head, ReadOnlySpan<int> queries)
    {
        int dimension = problem.QueryLayout.HeadDimension;
        for (int slot = 0; slot < queries.Length; slot++)
        {
            T* row = (T*)problem.Queries + problem.QueryLayout.Offset(batch, head, queries[slot]);
            Elements<T>.Widen(row, scratch.WideKeys + slot * dimension, dimension);
        }

        new Span<float>(scratch.WideKeys + queries.Length * dimension, (Size - queries.Length) * dimension).Clear();
        Transposition.Scaled(scratch.WideKeys, dimension, scratch.QueriesTransposed, Size, Size, dimension, problem.ScaleLog2);
    }

    private static void StoreOutput(
        in AttentionProblem problem, WorkerScratch scratch, int batch, int head, ReadOnlySpan<int> queries, bool nothingSeen, SoftmaxState<TLanes, TVector> state)
    {
        int dimension = problem.QueryLayout.HeadDimension;
        float* rows = scratch.WideKeys;
        if (nothingSeen)
        {
            new Span<float>(rows, Size * dimension).Clear();
        }
        else
        {
            TVector inverse0 = TLanes.ReciprocalOrZero(state.Sum0);
            TVector inverse1 = TLanes.ReciprocalOrZero(state.Sum1);
            for (float* row = scratch.OutputTransposed, end = row + dimension * Size; row < end; row += Size)
            {
                TLanes.Store(TLanes.Multiply(TLanes.Load(row), inverse0), row);
                TLanes.Store(TLanes.Multiply(TLanes.Load(row + TLanes.Count), inverse1), row + TLanes.Count);
            }

            Transposition.Scaled(scratch.OutputTransposed, Size, rows, dimension, dimension, Size, 1);
        }

        for (int slot = 0; slot < queries.Length; slot++)
            Elements<T>.Narrow(rows + slot * dimension, (T*)problem.Output + problem.OutputLayout.Offset(batch, head, queries[slot]), dimension);
        if (problem.LogSumExp == null)
            return;

        float* maxima = stackalloc float[WorkerScratch.LargestGroup];
        float* sums = stackalloc float[WorkerScratch.LargestGroup];
        TLanes.Store(state.Max0, maxima);
        TLanes.Store(state.Max1, maxima + TLanes.Count);
        TLanes.Store(state.Sum0, sums);
        TLanes.Store(state.Sum1, sums + TLanes.Count);
        float* logSumExp = problem.LogSumExp + ((long)batch * problem.QueryLayout.Heads + head) * problem.QueryLayout.Tokens;
        for (int slot = 0; slot < queries.Length; slot++)
            logSumExp[queries[slot]] = sums[slot] == 0 ? float.NegativeInfinity : (maxima[slot] + MathF.Log2(sums[slot])) * NaturalLogOf2;
    }
}
