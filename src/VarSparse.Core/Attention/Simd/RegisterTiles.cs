using System.Runtime.CompilerServices;

namespace VarSparse.Attention.Simd;

/// <summary>
/// The two inner products of attention on a tile of vector registers: 8 rows (4 where registers are few) by 2 vectors of
/// queries. Rows are keys in the first and output dimensions in the second.
/// </summary>
internal static unsafe class RegisterTiles<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    /// <summary>scores[key, query] = sum over d of queriesTransposed[d, query] * keyRows[key][d].</summary>
    /// <remarks>Rows from <paramref name="count"/> up to the next multiple of 4 are read and written, and mean nothing.</remarks>
    public static void Scores(float* queriesTransposed, float** keyRows, int count, int dimension, float* scores)
    {
        int key = 0;
        if (TLanes.HasWideTile)
        {
            for (; key + 4 < count; key += 8)
                Scores8(queriesTransposed, keyRows + key, dimension, scores + key * 2 * TLanes.Count);
        }

        for (; key < count; key += 4)
            Scores4(queriesTransposed, keyRows + key, dimension, scores + key * 2 * TLanes.Count);
    }

    /// <summary>output[d, query] = output[d, query] * rescale[query] + sum over keys of probabilities[key, query] * valueRows[key][d].</summary>
    /// <remarks>The output's old content is not read when <paramref name="first"/> is true.</remarks>
    public static void Accumulate(
        float* probabilities, float** valueRows, int count, int dimension, float* output, bool first, TVector rescale0, TVector rescale1)
    {
        if (TLanes.HasWideTile)
        {
            for (int d = 0; d < dimension; d += 8)
                Accumulate8(probabilities, valueRows, count, d, output + d * 2 * TLanes.Count, first, rescale0, rescale1);
        }
        else
        {
            for (int d = 0; d < dimension; d += 4)
                Accumulate4(probabilities, valueRows, count, d, output + d * 2 * TLanes.Count, first, rescale0, rescale1);
        }
    }

    private static void Scores8(float* queriesTransposed, float** keyRows, int dimension, float* scores)
    {
        int width = 2 * TLanes.Count;
        float* key0 = keyRows[0];
        float* key1 = keyRows[1];
        float* key2 = keyRows[2];
        float* key3 = keyRows[3];
        float* key4 = keyRows[4];
        float* key5 = keyRows[5];
        float* key6 = keyRows[6];
        float* key7 = keyRows[7];
        TVector sum0a = TLanes.Zero, sum0b = TLanes.Zero;
        TVector sum1a = TLanes.Zero, sum1b = TLanes.Zero;
        TVector sum2a = TLanes.Zero, sum2b = TLanes.Zero;
        TVector sum3a = TLanes.Zero, sum3b = TLanes.Zero;
        TVector sum4a = TLanes.Zero, sum4b = TLanes.Zero;
        TVector sum5a = TLanes.Zero, sum5b = TLanes.Zero;
        TVector sum6a = TLanes.Zero, sum6b = TLanes.Zero;
        TVector sum7a = TLanes.Zero, sum7b = TLanes.Zero;
        for (int d = 0; d < dimension; d++)
        {
            TVector a = TLanes.Load(queriesTransposed);
            TVector b = TLanes.Load(queriesTransposed + TLanes.Count);
            queriesTransposed += width;
            TVector k0 = TLanes.Broadcast(key0[d]);
            sum0a = TLanes.MultiplyAdd(a, k0, sum0a);
            sum0b = TLanes.MultiplyAdd(b, k0, sum0b);
            TVector k1 = TLanes.Broadcast(key1[d]);
            sum1a = TLanes.MultiplyAdd(a, k1, sum1a);
            sum1b = TLanes.MultiplyAdd(b, k1, sum1b);
            TVector k2 = TLanes.Broadcast(key2[d]);
            sum2a = TLanes.MultiplyAdd(a, k2, sum2a);
            sum2b = TLanes.MultiplyAdd(b, k2, sum2b);
            TVector k3 = TLanes.Broadcast(key3[d]);
            sum3a = TLanes.MultiplyAdd(a, k3, sum3a);
            sum3b = TLanes.MultiplyAdd(b, k3, sum3b);
            TVector k4 = TLanes.Broadcast(key4[d]);
            sum4a = TLanes.MultiplyAdd(a, k4, sum4a);
            sum4b = TLanes.MultiplyAdd(b, k4, sum4b);
            TVector k5 = TLanes.Broadcast(key5[d]);
            sum5a = TLanes.MultiplyAdd(a, k5, sum5a);
            sum5b = TLanes.MultiplyAdd(b, k5, sum5b);
            TVector k6 = TLanes.Broadcast(key6[d]);
            sum6a = TLanes.MultiplyAdd(a, k6, sum6a);
            sum6b = TLanes.MultiplyAdd(b, k6, sum6b);
            TVector k7 = TLanes.Broadcast(key7[d]);
            sum7a = TLanes.MultiplyAdd(a, k7, sum7a);
            sum7b = TLanes.MultiplyAdd(b, k7, sum7b);
        }

        StoreRow(scores + 0 * width, sum0a, sum0b);
        StoreRow(scores + 1 * width, sum1a, sum1b);
        StoreRow(scores + 2 * width, sum2a, sum2b);
        StoreRow(scores + 3 * width, sum3a, sum3b);
        StoreRow(scores + 4 * width, sum4a, sum4b);
        StoreRow(scores + 5 * width, sum5a, sum5b);
        StoreRow(scores + 6 * width, sum6a, sum6b);
        StoreRow(scores + 7 * width, sum7a, sum7b);
    }

    private static void Scores4(float* queriesTransposed, float** keyRows, int dimension, float* scores)
    {
        int width = 2 * TLanes.Count;
        float* key0 = keyRows[0];
        float* key1 = keyRows[1];
        float* key2 = keyRows[2];
        float* key3 = keyRows[3];
        TVector sum0a = TLanes.Zero, sum0b = TLanes.Zero;
        TVector sum1a = TLanes.Zero, sum1b = TLanes.Zero;
        TVector sum2a = TLanes.Zero, sum2b = TLanes.Zero;
        TVector sum3a = TLanes.Zero, sum3b = TLanes.Zero;
        for (int d = 0; d < dimension; d++)
        {
            TVector a = TLanes.Load(queriesTransposed);
            TVector b = TLanes.Load(queriesTransposed + TLanes.Count);
            queriesTransposed += width;
            TVector k0 = TLanes.Broadcast(key0[d]);
            sum0a = TLanes.MultiplyAdd(a, k0, sum0a);
            sum0b = TLanes.MultiplyAdd(b, k0, sum0b);
            TVector k1 = TLanes.Broadcast(key1[d]);
            sum1a = TLanes.MultiplyAdd(a, k1, sum1a);
            sum1b = TLanes.MultiplyAdd(b, k1, sum1b);
            TVector k2 = TLanes.Broadcast(key2[d]);
            sum2a = TLanes.MultiplyAdd(a, k2, sum2a);
            sum2b = TLanes.MultiplyAdd(b, k2, sum2b);
            TVector k3 = TLanes.Broadcast(key3[d]);
            sum3a = TLanes.MultiplyAdd(a, k3, sum3a);
            sum3b = TLanes.MultiplyAdd(b, k3, sum3b);
        }

        StoreRow(scores + 0 * width, sum0a, sum0b);
        StoreRow(scores + 1 * width, sum1a, sum1b);
        StoreRow(scores + 2 * width, sum2a, sum2b);
        StoreRow(scores + 3 * width, sum3a, sum3b);
    }

    private static void Accumulate8(
        float* probabilities, float** valueRows, int count, int d, float* output, bool first, TVector rescale0, TVector rescale1)
    {
        int width = 2 * TLanes.Count;
        TVector sum0a = TLanes.Zero, sum0b = TLanes.Zero;
        TVector sum1a = TLanes.Zero, sum1b = TLanes.Zero;
        TVector sum2a = TLanes.Zero, sum2b = TLanes.Zero;
        TVector sum3a = TLanes.Zero, sum3b = TLanes.Zero;
        TVector sum4a = TLanes.Zero, sum4b = TLanes.Zero;
        TVector sum5a = TLanes.Zero, sum5b = TLanes.Zero;
        TVector sum6a = TLanes.Zero, sum6b = TLanes.Zero;
        TVector sum7a = TLanes.Zero, sum7b = TLanes.Zero;
        if (!first)
        {
            sum0a = TLanes.Multiply(TLanes.Load(output + 0 * width), rescale0);
            sum0b = TLanes.Multiply(TLanes.Load(output + 0 * width + TLanes.Count), rescale1);
            sum1a = TLanes.Multiply(TLanes.Load(output + 1 * width), rescale0);
            sum1b = TLanes.Multiply(TLanes.Load(output + 1 * width + TLanes.Count), rescale1);
            sum2a = TLanes.Multiply(TLanes.Load(output + 2 * width), rescale0);
            sum2b = TLanes.Multiply(TLanes.Load(output + 2 * width + TLanes.Count), rescale1);
            sum3a = TLanes.Multiply(TLanes.Load(output + 3 * width), rescale0);
            sum3b = TLanes.Multiply(TLanes.Load(output + 3 * width + TLanes.Count), rescale1);
            sum4a = TLanes.Multiply(TLanes.Load(output + 4 * width), rescale0);
            sum4b = TLanes.Multiply(TLanes.Load(output + 4 * width + TLanes.Count), rescale1);
            sum5a = TLanes.Multiply(TLanes.Load(output + 5 * width), rescale0);
            sum5b = TLanes.Multiply(TLanes.Load(output + 5 * width + TLanes.Count), rescale1);
            sum6a = TLanes.Multiply(TLanes.Load(output + 6 * width), rescale0);
            sum6b = TLanes.Multiply(TLanes.Load(output + 6 * width + TLanes.Count), rescale1);
            sum7a = TLanes.Multiply(TLanes.Load(output + 7 * width), rescale0);
            sum7b = TLanes.Multiply(TLanes.Load(output + 7 * width + TLanes.Count), rescale1);
        }

        for (int i = 0; i < count; i++)
        {
            float* value = valueRows[i] + d;
            TVector a = TLanes.Load(probabilities);
            TVector b = TLanes.Load(probabilities + TLanes.Count);
            probabilities += width;
            TVector v0 = TLanes.Broadcast(value[0]);
            sum0a = TLanes.MultiplyAdd(a, v0, sum0a);
            sum0b = TLanes.MultiplyAdd(b, v0, sum0b);
            TVector v1 = TLanes.Broadcast(value[1]);
            sum1a = TLanes.MultiplyAdd(a, v1, sum1a);
            sum1b = TLanes.MultiplyAdd(b, v1, sum1b);
            TVector v2 = TLanes.Broadcast(value[2]);
            sum2a = TLanes.MultiplyAdd(a, v2, sum2a);
            sum2b = TLanes.MultiplyAdd(b, v2, sum2b);
            TVector v3 = TLanes.Broadcast(value[3]);
            sum3a = TLanes.MultiplyAdd(a, v3, sum3a);
            sum3b = TLanes.MultiplyAdd(b, v3, sum3b);
            TVector v4 = TLanes.Broadcast(value[4]);
            sum4a = TLanes.MultiplyAdd(a, v4, sum4a);
            sum4b = TLanes.MultiplyAdd(b, v4, sum4b);
            TVector v5 = TLanes.Broadcast(value[5]);
            sum5a = TLanes.MultiplyAdd(a, v5, sum5a);
            sum5b = TLanes.MultiplyAdd(b, v5, sum5b);
            TVector v6 = TLanes.Broadcast(value[6]);
            sum6a = TLanes.MultiplyAdd(a, v6, sum6a);
            sum6b = TLanes.MultiplyAdd(b, v6, sum6b);
            TVector v7 = TLanes.Broadcast(value[7]);
            sum7a = TLanes.MultiplyAdd(a, v7, sum7a);
            sum7b = TLanes.MultiplyAdd(b, v7, sum7b);
        }

        StoreRow(output + 0 * width, sum0a, sum0b);
        StoreRow(output + 1 * width, sum1a, sum1b);
        StoreRow(output + 2 * width, sum2a, sum2b);
        StoreRow(output + 3 * width, sum3a, sum3b);
        StoreRow(output + 4 * width, sum4a, sum4b);
        StoreRow(output + 5 * width, sum5a, sum5b);
        StoreRow(output + 6 * width, sum6a, sum6b);
        StoreRow(output + 7 * width, sum7a, sum7b);
    }

    private static void Accumulate4(
        float* probabilities, float** valueRows, int count, int d, float* output, bool first, TVector rescale0, TVector rescale1)
    {
        int width = 2 * TLanes.Count;
        TVector sum0a = TLanes.Zero, sum0b = TLanes.Zero;
        TVector sum1a = TLanes.Zero, sum1b = TLanes.Zero;
        TVector sum2a = TLanes.Zero, sum2b = TLanes.Zero;
        TVector sum3a = TLanes.Zero, sum3b = TLanes.Zero;
        if (!first)
        {
            sum0a = TLanes.Multiply(TLanes.Load(output + 0 * width), rescale0);
            sum0b = TLanes.Multiply(TLanes.Load(output + 0 * width + TLanes.Count), rescale1);
            sum1a = TLanes.Multiply(TLanes.Load(output + 1 * width), rescale0);
            sum1b = TLanes.Multiply(TLanes.Load(output + 1 * width + TLanes.Count), rescale1);
            sum2a = TLanes.Multiply(TLanes.Load(output + 2 * width), rescale0);
            sum2b = TLanes.Multiply(TLanes.Load(output + 2 * width + TLanes.Count), rescale1);
            sum3a = TLanes.Multiply(TLanes.Load(output + 3 * width), rescale0);
            sum3b = TLanes.Multiply(TLanes.Load(output + 3 * width + TLanes.Count), rescale1);
        }

        for (int i = 0; i < count; i++)
        {
            float* value = valueRows[i] + d;
            TVector a = TLanes.Load(probabilities);
            TVector b = TLanes.Load(probabilities + TLanes.Count);
            probabilities += width;
            TVector v0 = TLanes.Broadcast(value[0]);
            sum0a = TLanes.MultiplyAdd(a, v0, sum0a);
            sum0b = TLanes.MultiplyAdd(b, v0, sum0b);
            TVector v1 = TLanes.Broadcast(value[1]);
            sum1a = TLanes.MultiplyAdd(a, v1, sum1a);
            sum1b = TLanes.MultiplyAdd(b, v1, sum1b);
            TVector v2 = TLanes.Broadcast(value[2]);
            sum2a = TLanes.MultiplyAdd(a, v2, sum2a);
            sum2b = TLanes.MultiplyAdd(b, v2, sum2b);
            TVector v3 = TLanes.Broadcast(value[3]);
            sum3a = TLanes.MultiplyAdd(a, v3, sum3a);
            sum3b = TLanes.MultiplyAdd(b, v3, sum3b);
        }

        StoreRow(output + 0 * width, sum0a, sum0b);
        StoreRow(output + 1 * width, sum1a, sum1b);
        StoreRow(output + 2 * width, sum2a, sum2b);
        StoreRow(output + 3 * width, sum3a, sum3b);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreRow(float* row, TVector first, TVector second)
    {
        TLanes.Store(first, row);
        TLanes.Store(second, row + TLanes.Count);
    }
}
