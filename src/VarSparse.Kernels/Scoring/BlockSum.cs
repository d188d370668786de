namespace VarSparse.Kernels.Scoring;

/// <summary>A sum over tokens, and how many they are.</summary>
internal struct BlockSum
{
    public float Sum;
    public int Count;

    public static BlockSum Of(float value) => new() { Sum = value, Count = 1 };

    public static BlockSum OfFour(float sum) => new() { Sum = sum, Count = 4 };

    public static BlockSum Add(BlockSum a, BlockSum b) => new() { Sum = a.Sum + b.Sum, Count = a.Count + b.Count };

    /// <summary>A block without tokens has zeros, which its bias hides.</summary>
    public static float Mean(BlockSum block) => block.Sum / Math.Max(block.Count, 1);
}
