namespace VarSparse.Attention.Simd;

/// <summary>The running maximum and sum of an online softmax, for two vectors of queries. Scores are exponents of two.</summary>
internal unsafe struct SoftmaxState<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    public TVector Max0;
    public TVector Max1;
    public TVector Sum0;
    public TVector Sum1;

    /// <summary>True before the first block.</summary>
    public bool SawNothing;

    public static SoftmaxState<TLanes, TVector> Start()
    {
        TVector minusInfinity = TLanes.Broadcast(float.NegativeInfinity);
        return new SoftmaxState<TLanes, TVector> { Max0 = minusInfinity, Max1 = minusInfinity, Sum0 = TLanes.Zero, Sum1 = TLanes.Zero, SawNothing = true };
    }

    /// <summary>
    /// Turns a block of scores into probabilities relative to the new maximum, in place, and gives the factors by which what was
    /// accumulated so far must be scaled.
    /// </summary>
    public void Update(float* scores, int count, out TVector rescale0, out TVector rescale1)
    {
        int width = 2 * TLanes.Count;
        TVector max0 = Max0, max1 = Max1;
        for (int i = 0; i < count; i++)
        {
            max0 = TLanes.Max(max0, TLanes.Load(scores + i * width));
            max1 = TLanes.Max(max1, TLanes.Load(scores + i * width + TLanes.Count));
        }

        // A query that has seen nothing yet has a maximum of minus infinity; zero in its place keeps the differences defined.
        TVector minusInfinity = TLanes.Broadcast(float.NegativeInfinity);
        TVector reference0 = TLanes.Replace(max0, minusInfinity, TLanes.Zero);
        TVector reference1 = TLanes.Replace(max1, minusInfinity, TLanes.Zero);
        rescale0 = TLanes.Exp2(TLanes.Subtract(Max0, reference0));
        rescale1 = TLanes.Exp2(TLanes.Subtract(Max1, reference1));
        TVector sum0 = TLanes.Multiply(Sum0, rescale0);
        TVector sum1 = TLanes.Multiply(Sum1, rescale1);
        for (int i = 0; i < count; i++)
        {
            float* row = scores + i * width;
            TVector probability0 = TLanes.Exp2(TLanes.Subtract(TLanes.Load(row), reference0));
            TVector probability1 = TLanes.Exp2(TLanes.Subtract(TLanes.Load(row + TLanes.Count), reference1));
            TLanes.Store(probability0, row);
            TLanes.Store(probability1, row + TLanes.Count);
            sum0 = TLanes.Add(sum0, probability0);
            sum1 = TLanes.Add(sum1, probability1);
        }

        (Max0, Max1, Sum0, Sum1) = (max0, max1, sum0, sum1);
        SawNothing = false;
    }

    /// <summary>The maximum and the sum of one query of the group.</summary>
    public readonly (float Maximum, float Sum) Lane(int slot)
    {
        TVector max = slot < TLanes.Count ? Max0 : Max1;
        TVector sum = slot < TLanes.Count ? Sum0 : Sum1;
        int lane = slot % TLanes.Count;
        return (((float*)&max)[lane], ((float*)&sum)[lane]);
    }
}
