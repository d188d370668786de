using VarSparse.Attention;
using VarSparse.Patterns;

namespace VarSparse.Fuzz;

/// <summary>Makes a pattern from a <see cref="PatternDescription"/>, checks its counts and computes attention over it.</summary>
internal sealed class PatternTarget : IFuzzTarget
{
    private const int LargestMask = 1 << 20;

    public string Name => "pattern";

    // A pattern, its mask and its tensors have the sizes that the description names.
    public long Allowance => 32 * 1024 * 1024;

    public string? Load(string path)
    {
        SparsePattern pattern;
        try
        {
            pattern = new PatternDescription(File.ReadAllBytes(path)).Create();
        }
        catch (ArgumentException error)
        {
            return FuzzTargets.Refused(error);
        }

        if (!(pattern.Density <= pattern.TileDensity) || pattern.ToText(4, 16).Length == 0 || pattern.ToString().Length == 0)
            throw new FuzzFindingException($"{pattern}");
        if ((long)pattern.QueryCount * pattern.KeyCount <= LargestMask)
        {
            CheckCount(pattern);
            CheckAttention(pattern);
        }

        return null;
    }

    private static void CheckCount(SparsePattern pattern)
    {
        long visible = 0;
        for (int matrix = 0; matrix < pattern.BatchCount * pattern.HeadCount; matrix++)
        {
            foreach (bool sees in pattern.ToDenseMask(matrix / pattern.HeadCount, matrix % pattern.HeadCount))
                visible += sees ? 1 : 0;
        }

        if (visible != pattern.KeptPairs)
            throw new FuzzFindingException($"{pattern}: {pattern.KeptPairs} pairs, its masks show {visible}");
    }

    /// <summary>With values of one, every query that sees a key gives one, and every other zero.</summary>
    private static void CheckAttention(SparsePattern pattern)
    {
        const int dimension = 8;
        var queries = AttentionLayout.HeadsFirst(pattern.BatchCount, pattern.HeadCount, pattern.QueryCount, dimension);
        var keys = new AttentionLayout(pattern.BatchCount, pattern.HeadCount, pattern.KeyCount, dimension, 0, 0, 0);
        var ones = new float[Math.Max(queries.Extent, keys.Extent)];
        Array.Fill(ones, 1);
        var output = new float[queries.Extent];
        CpuAttention.Shared.Run<float>(new(ones, queries), new(ones, keys), new(ones, keys), pattern, new(output, queries));
        foreach (float value in output)
        {
            if (value != 0 && Math.Abs(value - 1) > 1e-5f)
                throw new FuzzFindingException($"{pattern}: the average of ones is {value}");
        }
    }
}
