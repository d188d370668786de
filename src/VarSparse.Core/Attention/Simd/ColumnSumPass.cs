using System.Numerics.Tensors;
using VarSparse.Patterns;

namespace VarSparse.Attention.Simd;

/// <summary>
/// Sums of attention probabilities over the queries of a tile, key by key. Probabilities are exp2(score - log-sum-exp), so a block of 64
/// keys is all that is ever held. Queries lie in the lanes; a vector a key gathers the groups, and lanes are added up once at the end.
/// </summary>
internal static unsafe class ColumnSumPass<TLanes, TVector, T>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
    where T : unmanaged
{
    private static int GroupSize => 2 * TLanes.Count;

    /// <summary>Writes the sums of one batch entry, head and tile.</summary>
    public static void Run(in AttentionProblem problem, WorkerScratch scratch, int batch, int head, int tile)
    {
        ReadOnlySpan<int> queries = problem.Tiles.Queries(tile);
        long matrix = (long)batch * problem.QueryLayout.Heads + head;
        float* sums = problem.ColumnSums + (matrix * problem.Tiles.TileCount + tile) * problem.KeyLayout.Tokens;
        new Span<float>(sums, problem.KeyLayout.Tokens).Clear();
        for (int first = 0; first < queries.Length; first += WorkerScratch.PassSize)
        {
            ReadOnlySpan<int> pass = queries.Slice(first, Math.Min(WorkerScratch.PassSize, queries.Length - first));
            int groups = QueryTiles.CeilingDivide(pass.Length, GroupSize);
            QueryPass<TLanes, TVector, T>.LoadQueries(problem, scratch, batch, head, pass, groups);
            LoadOffsets(problem.LogSumExp + matrix * problem.QueryLayout.Tokens, pass, scratch.WideValues, groups * GroupSize);
            for (int key = 0; key < problem.KeyLayout.Tokens; key += WorkerScratch.KeyBlock)
            {
                int count = Math.Min(WorkerScratch.KeyBlock, problem.KeyLayout.Tokens - key);
                LoadKeys(problem, scratch, batch, head, key, count);
                AddBlock(scratch, count, groups, problem.QueryLayout.HeadDimension, sums + key);
            }
        }
    }

    /// <summary>What to add to the scores of each query; minus infinity for lanes without one and for a query that sees no key.</summary>
    private static void LoadOffsets(float* logSumExp, ReadOnlySpan<int> queries, float* offsets, int lanes)
    {
        for (int slot = 0; slot < lanes; slot++)
        {
            float sum = slot < queries.Length ? logSumExp[queries[slot]] : float.NegativeInfinity;
            offsets[slot] = float.IsNegativeInfinity(sum) ? sum : -sum * PowersOfTwo.Log2OfE;
        }
    }

    private static void LoadKeys(in AttentionProblem problem, WorkerScratch scratch, int batch, int head, int first, int count)
    {
        int dimension = problem.QueryLayout.HeadDimension;
        for (int i = 0; i < count; i++)
        {
            T* row = (T*)problem.Keys + problem.KeyLayout.Offset(batch, head, first + i);
            scratch.KeyRows[i] = Elements<T>.IsSingle ? (float*)row : scratch.WideKeys + i * dimension;
            if (!Elements<T>.IsSingle)
                Elements<T>.Widen(row, scratch.KeyRows[i], dimension);
        }

        scratch.CompleteKeyRows(count);
    }

    private static void AddBlock(WorkerScratch scratch, int count, int groups, int dimension, float* sums)
    {
        float* laneSums = scratch.OutputTransposed;
        for (int group = 0; group < groups; group++)
        {
            RegisterTiles<TLanes, TVector>.Scores(
                scratch.QueriesTransposed + group * GroupSize * dimension, scratch.KeyRows, count, dimension, scratch.Scores);
            TVector offset0 = TLanes.Load(scratch.WideValues + group * GroupSize);
            TVector offset1 = TLanes.Load(scratch.WideValues + group * GroupSize + TLanes.Count);
            for (int i = 0; i < count; i++)
            {
                float* scores = scratch.Scores + i * GroupSize;
                TVector sum = TLanes.Add(
                    TLanes.Exp2(TLanes.Add(TLanes.Load(scores), offset0)), TLanes.Exp2(TLanes.Add(TLanes.Load(scores + TLanes.Count), offset1)));
                float* place = laneSums + i * TLanes.Count;
                TLanes.Store(group == 0 ? sum : TLanes.Add(TLanes.Load(place), sum), place);
            }
        }

        for (int i = 0; i < count; i++)
            sums[i] += TensorPrimitives.Sum(new ReadOnlySpan<float>(laneSums + i * TLanes.Count, TLanes.Count));
    }
}
