using VarSparse.Attention;
using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Selection;

/// <summary>What the column sum kernels are given. Pointers are device addresses; strides count elements.</summary>
internal struct ColumnSumParameters
{
    /// <summary>Queries, [B, H, Lq, D].</summary>
    public ulong Queries;

    /// <summary>Keys, [B, H, Lk, D].</summary>
    public ulong Keys;

    /// <summary>Natural log-sum-exp, float32 [B, H, Lq] contiguous.</summary>
    public ulong LogSumExp;

    /// <summary>float32 [B, H, tile, Lk] contiguous.</summary>
    public ulong Sums;

    public long QueryBatchStride;
    public long QueryHeadStride;
    public long QueryTokenStride;
    public long KeyBatchStride;
    public long KeyHeadStride;
    public long KeyTokenStride;

    public TileGrid Tiles;
    public int Heads;
    public int KeyCount;
    public int HeadDimension;

    /// <summary>The scale on dot products times log2(e).</summary>
    public float ScaleLog2;

    /// <summary>What to add to scaled scores of a query before 2^x; minus infinity for no query and for one that sees no key.</summary>
    public static float Offset(ColumnSumParameters p, int matrix, int query)
    {
        if (query < 0)
            return float.NegativeInfinity;
        uint bits = GlobalBytes.Load4(p.LogSumExp + (ulong)((long)matrix * p.Tiles.QueryCount + query) * sizeof(float));
        float logSumExp = ILGPU.Interop.IntAsFloat(bits);
        return logSumExp == float.NegativeInfinity ? logSumExp : -logSumExp * PowersOfTwo.Log2OfE;
    }

    /// <summary>Adds a word's sum of a key to those of the words before; the first word starts it.</summary>
    public static void AddSum(ColumnSumParameters p, int matrix, int tile, int word, int key, float sum)
    {
        ulong place = p.Sums + (ulong)(((long)matrix * p.Tiles.TileCount + tile) * p.KeyCount + key) * sizeof(float);
        if (word > 0)
            sum += ILGPU.Interop.IntAsFloat(GlobalBytes.Load4(place));
        GlobalBytes.Store4(place, ILGPU.Interop.FloatAsInt(sum));
    }
}
