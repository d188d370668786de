using System.Numerics.Tensors;
using VarSparse.Patterns;

namespace VarSparse.Attention.Simd;

/// <summary>
/// Attention of up to 128 consecutive slots of a tile, in groups of two vectors of queries. Without a token mask the groups take
/// each block of keys in turn, so that it is fetched once; with one, each group takes only the keys that one of its queries sees.
/// </summary>
internal static unsafe class QueryPass<TLanes, TVector, T>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
    where T : unmanaged
{
    /// <summary>Queries of a group.</summary>
    private static int GroupSize => 2 * TLanes.Count;

    /// <summary>Computes the pass that starts at a slot of a tile, for one batch entry and head.</summary>
    public static void Run(in AttentionProblem problem, WorkerScratch scratch, int batch, int head, int tile, int firstSlot)
    {
        SparsePattern pattern = problem.Pattern;
        ReadOnlySpan<int> queries = pattern.Tiles.Queries(tile);
        queries = queries.Slice(firstSlot, Math.Min(WorkerScratch.PassSize, queries.Length - firstSlot));
        int groups = QueryTiles.CeilingDivide(queries.Length, GroupSize);
        LoadQueries(problem, scratch, batch, head, queries, groups);

        var states = stackalloc SoftmaxState<TLanes, TVector>[WorkerScratch.PassSize / GroupSize];
        int list = pattern.ListOf(batch, head, tile);
        if (!pattern.HasTokenMask)
        {
            WholeList(problem, scratch, batch, head, pattern.Lists.Keys(list), groups, states);
        }
        else
        {
            for (int group = 0; group < groups; group++)
            {
                int slot = group * GroupSize;
                uint everyQuery = (uint)((1UL << Math.Min(GroupSize, queries.Length - slot)) - 1);
                MaskedList(problem, scratch, batch, head, list, firstSlot + slot, everyQuery, group, ref states[group]);
            }
        }

        for (int group = 0; group < groups; group++)
            StoreOutput(problem, scratch, batch, head, tile, firstSlot + group * GroupSize, group, states[group]);
    }

    private static void WholeList(
        in AttentionProblem problem, WorkerScratch scratch, int batch, int head, ReadOnlySpan<int> keys, int groups, SoftmaxState<TLanes, TVector>* states)
    {
        for (int group = 0; group < groups; group++)
            states[group] = SoftmaxState<TLanes, TVector>.Start();
        for (int start = 0; start < keys.Length; start += WorkerScratch.KeyBlock)
        {
            int count = Math.Min(WorkerScratch.KeyBlock, keys.Length - start);
            for (int i = 0; i < count; i++)
                AddKey(problem, scratch, batch, head, keys[start + i], i);
            for (int group = 0; group < groups; group++)
                Block(problem, scratch, count, group, masked: false, ref states[group]);
        }
    }

    private static void MaskedList(
        in AttentionProblem problem, WorkerScratch scratch, int batch, int head, int list, int slot, uint everyQuery, int group, ref SoftmaxState<TLanes, TVector> state)
    {
        KeyLists lists = problem.Pattern.Lists;
        ReadOnlySpan<int> keys = lists.Keys(list);
        ReadOnlySpan<ulong> words = lists.MaskWords(list);
        int wordsPerKey = lists.WordsPerKey;
        int firstWord = slot / 64;
        int shift = slot % 64;
        state = SoftmaxState<TLanes, TVector>.Start();
        int count = 0;
        bool masked = false;
        for (int i = 0; i < keys.Length; i++)
        {
            uint visible = (uint)(words[i * wordsPerKey + firstWord] >> shift) & everyQuery;
            if (visible == 0)
                continue;
            masked |= visible != everyQuery;
            AddKey(problem, scratch, batch, head, keys[i], count);
            scratch.VisibleBits[count] = visible;
            if (++count == WorkerScratch.KeyBlock)
            {
                Block(problem, scratch, count, group, masked, ref state);
                count = 0;
                masked = false;
            }
        }

        if (count > 0)
            Block(problem, scratch, count, group, masked, ref state);
    }

    private static void AddKey(in AttentionProblem problem, WorkerScratch scratch, int batch, int head, int key, int place)
    {
        if (!problem.Pattern.KeyBias.IsEmpty)
            scratch.BiasLog2[place] = problem.Pattern.KeyBias[key] * PowersOfTwo.Log2OfE;
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
        in AttentionProblem problem, WorkerScratch scratch, int count, int group, bool masked, ref SoftmaxState<TLanes, TVector> state)
    {
        int dimension = problem.QueryLayout.HeadDimension;
        int matrix = group * GroupSize * dimension;

        scratch.CompleteKeyRows(count);
        RegisterTiles<TLanes, TVector>.Scores(scratch.QueriesTransposed + matrix, scratch.KeyRows, count, dimension, scratch.Scores);
        if (!problem.Pattern.KeyBias.IsEmpty)
            AddBias(scratch, count);
        if (masked)
            HideInvisible(scratch, count);
        bool first = state.SawNothing;
        state.Update(scratch.Scores, count, out TVector rescale0, out TVector rescale1);
        RegisterTiles<TLanes, TVector>.Accumulate(
            scratch.Scores, scratch.ValueRows, count, dimension, scratch.OutputTransposed + matrix, first, rescale0, rescale1);
    }

    private static void AddBias(WorkerScratch scratch, int count)
    {
        for (int i = 0; i < count; i++)
        {
            TVector bias = TLanes.Broadcast(scratch.BiasLog2[i]);
            float* row = scratch.Scores + i * GroupSize;
            TLanes.Store(TLanes.Add(TLanes.Load(row), bias), row);
            TLanes.Store(TLanes.Add(TLanes.Load(row + TLanes.Count), bias), row + TLanes.Count);
        }
    }

    private static void HideInvisible(WorkerScratch scratch, int count)
    {
        for (int i = 0; i < count; i++)
        {
            uint visible = scratch.VisibleBits[i];
            float* row = scratch.Scores + i * GroupSize;
            TLanes.Store(TLanes.KeepVisible(TLanes.Load(row), visible), row);
            TLanes.Store(TLanes.KeepVisible(TLanes.Load(row + TLanes.Count), visible >> TLanes.Count), row + TLanes.Count);
        }
    }

    /// <summary>Puts queries, scaled, into the lanes of their groups; lanes without one hold zeros.</summary>
    public static void LoadQueries(
        in AttentionProblem problem, WorkerScratch scratch, int batch, int head, ReadOnlySpan<int> queries, int groups)
    {
        int dimension = problem.QueryLayout.HeadDimension;
        float* rows = scratch.WideKeys;
        for (int group = 0; group < groups; group++)
        {
            int count = Math.Min(GroupSize, queries.Length - group * GroupSize);
            for (int slot = 0; slot < count; slot++)
            {
                T* row = (T*)problem.Queries + problem.QueryLayout.Offset(batch, head, queries[group * GroupSize + slot]);
                Elements<T>.Widen(row, rows + slot * dimension, dimension);
            }

            new Span<float>(rows + count * dimension, (GroupSize - count) * dimension).Clear();
            float* transposed = scratch.QueriesTransposed + group * GroupSize * dimension;
            Transposition.Scaled(rows, dimension, transposed, GroupSize, GroupSize, dimension, problem.ScaleLog2);
        }
    }

    private static void StoreOutput(
        in AttentionProblem problem, WorkerScratch scratch, int batch, int head, int tile, int firstSlot, int group, in SoftmaxState<TLanes, TVector> state)
    {
        int dimension = problem.QueryLayout.HeadDimension;
        ReadOnlySpan<int> queries = problem.Pattern.Tiles.Queries(tile)[firstSlot..];
        float* rows = scratch.WideKeys;
        if (state.SawNothing)
            new Span<float>(rows, GroupSize * dimension).Clear();
        else
            Normalize(scratch.OutputTransposed + group * GroupSize * dimension, dimension, state, rows);

        int count = Math.Min(GroupSize, queries.Length);
        for (int slot = 0; slot < count; slot++)
        {
            var row = new Span<float>(rows + slot * dimension, dimension);
            if (!TensorPrimitives.IsFiniteAll(row) && !float.IsNaN(state.Lane(slot).Sum))
                NonFiniteValues<T>.Recompute(problem, scratch, batch, head, tile, firstSlot + slot, row);
        }

        for (int slot = 0; slot < count; slot++)
            Elements<T>.Narrow(rows + slot * dimension, (T*)problem.Output + problem.OutputLayout.Offset(batch, head, queries[slot]), dimension);
        if (problem.LogSumExp == null)
            return;

        float* logSumExp = problem.LogSumExp + ((long)batch * problem.QueryLayout.Heads + head) * problem.QueryLayout.Tokens;
        for (int slot = 0; slot < count; slot++)
        {
            (float maximum, float sum) = state.Lane(slot);
            logSumExp[queries[slot]] = sum == 0 ? float.NegativeInfinity : (maximum + MathF.Log2(sum)) * PowersOfTwo.NaturalLogOf2;
        }
    }

    private static void Normalize(float* transposed, int dimension, in SoftmaxState<TLanes, TVector> state, float* rows)
    {
        TVector inverse0 = TLanes.ReciprocalOrZero(state.Sum0);
        TVector inverse1 = TLanes.ReciprocalOrZero(state.Sum1);
        for (float* row = transposed, end = row + dimension * GroupSize; row < end; row += GroupSize)
        {
            TLanes.Store(TLanes.Multiply(TLanes.Load(row), inverse0), row);
            TLanes.Store(TLanes.Multiply(TLanes.Load(row + TLanes.Count), inverse1), row + TLanes.Count);
        }

        Transposition.Scaled(transposed, GroupSize, rows, dimension, dimension, GroupSize, 1);
    }
}
