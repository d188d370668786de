using ILGPU;
using ILGPU.Algorithms;
using VarSparse.Attention;

namespace VarSparse.Kernels.Attention.Portable;

/// <summary>
/// Attention over a pattern with nothing but ILGPU's own operations, so that it runs on all of its accelerators; float32 arithmetic
/// throughout. A group of <see cref="PortableTiling.Threads"/> threads takes one word of 64 slots; grid x counts words of all tiles,
/// y heads, z batch entries. The context needs ILGPU's algorithms enabled.
/// </summary>
internal static class PortableAttentionKernel
{
    /// <typeparam name="T">How an element lies in memory.</typeparam>
    /// <typeparam name="TElement">What it means.</typeparam>
    /// <typeparam name="TOutput">Registers for at least as many columns as the head dimension.</typeparam>
    public static void Run<T, TElement, TOutput>(PortableTensors<T> tensors, PortablePattern pattern, PortableSizes sizes)
        where T : unmanaged
        where TElement : unmanaged, IPortableElement<T>
        where TOutput : unmanaged, IPortableOutput<TOutput>
    {
        var operands = SharedMemory.Allocate<float>(PortableTiling.OperandFloats);
        var scores = SharedMemory.Allocate<float>(PortableTiling.ScoreFloats);
        var slotQueries = SharedMemory.Allocate<int>(MaskFragment.Side);
        var blockKeys = SharedMemory.Allocate<int>(MaskFragment.Side);
        var keyBias = SharedMemory.Allocate<float>(MaskFragment.Side);
        var rowFactors = SharedMemory.Allocate<float>(MaskFragment.Side);

        int thread = Group.IdxX;
        int tile = Grid.IdxX / sizes.WordsPerTile;
        int word = Grid.IdxX % sizes.WordsPerTile;
        int head = Grid.IdxY;
        int batch = Grid.IdxZ;
        int list = pattern.ListOfTile[batch * sizes.ListBatchStride + head * sizes.ListHeadStride + tile];
        int firstKey = pattern.ListRanges[list * 4];
        int keyCount = pattern.ListRanges[list * 4 + 1];
        int firstBlock = pattern.ListRanges[list * 4 + 2];
        bool hasMask = pattern.BlockStates.Length > 0;

        var queries = new GatheredRows<T>
        {
            Tensor = tensors.Queries,
            Indices = slotQueries,
            Offset = batch * sizes.QueryBatchStride + head * sizes.QueryHeadStride,
            TokenStride = sizes.QueryTokenStride,
            HeadDimension = sizes.HeadDimension,
        };
        var keys = new GatheredRows<T>
        {
            Tensor = tensors.Keys,
            Indices = blockKeys,
            Offset = batch * sizes.KeyBatchStride + head * sizes.KeyHeadStride,
            TokenStride = sizes.KeyTokenStride,
            HeadDimension = sizes.HeadDimension,
        };
        var values = new ValueBlock<T>
        {
            Values = new GatheredRows<T>
            {
                Tensor = tensors.Values,
                Indices = blockKeys,
                Offset = batch * sizes.ValueBatchStride + head * sizes.ValueHeadStride,
                TokenStride = sizes.ValueTokenStride,
                HeadDimension = sizes.HeadDimension,
            },
            Operands = operands,
            Weights = scores,
        };

        // The first 64 threads own a row of scores each: its running maximum (in units of log2) and sum.
        if (thread < MaskFragment.Side)
            slotQueries[thread] = pattern.SlotQueries[(long)Grid.IdxX * MaskFragment.Side + thread];
        float maximum = float.NegativeInfinity;
        float sum = 0;
        TOutput output = default;

        for (int block = 0; block * MaskFragment.Side < keyCount; block++)
        {
            long fragment = (long)(firstBlock + block) * sizes.WordsPerTile + word;
            int state = hasMask ? pattern.BlockStates[fragment] : BlockState.Full;
            if (state == BlockState.Hidden)
                continue;
            Group.Barrier();
            if (thread < MaskFragment.Side)
            {
                // A key beyond the list is hidden by its bias.
                int place = block * MaskFragment.Side + thread;
                int key = place < keyCount ? pattern.KeyIndices[firstKey + place] : -1;
                blockKeys[thread] = key;
                keyBias[thread] = key < 0 ? float.NegativeInfinity : pattern.KeyBias.Length > 0 ? pattern.KeyBias[key] * PowersOfTwo.Log2OfE : 0;
            }

            StoreScores<T, TElement>(queries, keys, operands, scores, keyBias, sizes.ScaleLog2);
            Group.Barrier();
            if (thread < MaskFragment.Side)
            {
                if (state == BlockState.Partial)
                    HideMasked(scores, pattern.MaskFragments, fragment * MaskFragment.Threads);
                float newMaximum = XMath.Max(maximum, RowMaximum(scores));

                // A row that has seen nothing yet keeps a reference of zero: minus infinity less itself is no number.
                float reference = newMaximum == float.NegativeInfinity ? 0 : newMaximum;
                float factor = XMath.Exp2(maximum - reference);
                sum = sum * factor + Exponentiate(scores, reference);
                maximum = newMaximum;
                rowFactors[thread] = factor;
            }

            Group.Barrier();
            output = TOutput.Accumulate<T, TElement>(
                output, values, Vector4.Load(rowFactors, thread / PortableTiling.Lanes * 4, 1), 0);
        }

        Group.Barrier();
        if (thread < MaskFragment.Side)
        {
            rowFactors[thread] = sum == 0 ? 0 : 1 / sum;
            int query = slotQueries[thread];
            if (query >= 0 && tensors.LogSumExp.Length > 0)
            {
                tensors.LogSumExp[((long)batch * sizes.Heads + head) * sizes.QueryCount + query] =
                    sum == 0 ? float.NegativeInfinity : PowersOfTwo.NaturalLogOf2 * (maximum + XMath.Log2(sum));
            }
        }

        Group.Barrier();
        var rows = new OutputRows<T>
        {
            Output = tensors.Output,
            Queries = slotQueries,
            Offset = batch * sizes.OutputBatchStride + head * sizes.OutputHeadStride,
            TokenStride = sizes.OutputTokenStride,
            HeadDimension = sizes.HeadDimension,
        };
        TOutput.Store<T, TElement>(output, rows, Vector4.Load(rowFactors, thread / PortableTiling.Lanes * 4, 1), 0);
    }

    /// <summary>Scores of 64 slots and 64 keys: a thread computes those of four slots and of keys lane, lane + 8, ... lane + 56.</summary>
    private static void StoreScores<T, TElement>(
        GatheredRows<T> queries, GatheredRows<T> keys, ArrayView<float> operands, ArrayView<float> scores, ArrayView<float> bias, float scale)
        where T : unmanaged
        where TElement : unmanaged, IPortableElement<T>
    {
        const int keyStart = MaskFragment.Side * PortableTiling.KeyPitch;
        const int keyStep = PortableTiling.Lanes * PortableTiling.KeyPitch;
        int slot = Group.IdxX / PortableTiling.Lanes * 4;
        int lane = Group.IdxX % PortableTiling.Lanes;
        Tile4 near = default;
        Tile4 far = default;
        for (int column = 0; column < keys.HeadDimension; column += PortableTiling.KeyColumns)
        {
            Group.Barrier();
            queries.CopyTo<TElement>(operands, 0, PortableTiling.KeyPitch, column, PortableTiling.KeyColumns);
            keys.CopyTo<TElement>(operands, keyStart, PortableTiling.KeyPitch, column, PortableTiling.KeyColumns);
            Group.Barrier();
            for (int d = 0; d < PortableTiling.KeyColumns; d++)
            {
                var query = Vector4.Load(operands, slot * PortableTiling.KeyPitch + d, PortableTiling.KeyPitch);
                int key = keyStart + lane * PortableTiling.KeyPitch + d;
                near = Tile4.AddOuter(near, query, Vector4.Load(operands, key, keyStep));
                far = Tile4.AddOuter(far, query, Vector4.Load(operands, key + 4 * keyStep, keyStep));
            }
        }

        StoreTile(scores, slot, lane, near, Vector4.Load(bias, lane, PortableTiling.Lanes), scale);
        lane += 4 * PortableTiling.Lanes;
        StoreTile(scores, slot, lane, far, Vector4.Load(bias, lane, PortableTiling.Lanes), scale);
    }

    private static void StoreTile(ArrayView<float> scores, int slot, int key, Tile4 products, Vector4 bias, float scale)
    {
        int start = slot * PortableTiling.ScorePitch + key;
        Vector4.Store(scores, start, PortableTiling.Lanes, Vector4.MultiplyAdd(bias, scale, products.Row0));
        start += PortableTiling.ScorePitch;
        Vector4.Store(scores, start, PortableTiling.Lanes, Vector4.MultiplyAdd(bias, scale, products.Row1));
        start += PortableTiling.ScorePitch;
        Vector4.Store(scores, start, PortableTiling.Lanes, Vector4.MultiplyAdd(bias, scale, products.Row2));
        start += PortableTiling.ScorePitch;
        Vector4.Store(scores, start, PortableTiling.Lanes, Vector4.MultiplyAdd(bias, scale, products.Row3));
    }

    /// <summary>Sets the scores of the thread's row that its mask bits hide to minus infinity.</summary>
    private static void HideMasked(ArrayView<float> scores, ArrayView<uint> fragments, long start)
    {
        int row = Group.IdxX * PortableTiling.ScorePitch;
        for (int pair = 0; pair < 8; pair += 2)
        {
            // The bits of keys 8 i + pair and the next one are neighbours, for i from 0 on.
            uint bits = fragments[start + MaskFragment.ThreadOf(Group.IdxX, pair)] >> MaskFragment.BitOf(Group.IdxX, 0);
            for (int key = pair; key < MaskFragment.Side; key += 8)
            {
                if ((bits & 1) == 0)
                    scores[row + key] = float.NegativeInfinity;
                if ((bits & 2) == 0)
                    scores[row + key + 1] = float.NegativeInfinity;
                bits >>= 2;
            }
        }
    }

    private static float RowMaximum(ArrayView<float> scores)
    {
        int row = Group.IdxX * PortableTiling.ScorePitch;
        float maximum = float.NegativeInfinity;
        for (int key = 0; key < MaskFragment.Side; key++)
            maximum = XMath.Max(maximum, scores[row + key]);
        return maximum;
    }

    /// <summary>Turns the scores of the thread's row into weights and returns their sum.</summary>
    private static float Exponentiate(ArrayView<float> scores, float reference)
    {
        int row = Group.IdxX * PortableTiling.ScorePitch;
        float sum = 0;
        for (int key = 0; key < MaskFragment.Side; key++)
        {
            float weight = XMath.Exp2(scores[row + key] - reference);
            scores[row + key] = weight;
            sum += weight;
        }

        return sum;
    }
}
