using VarSparse.Geometry;
using VarSparse.Patterns;
using VarSparse.Torch;
using static TorchSharp.torch;

namespace VarSparse.Reliability.Tests.Load;

/// <summary>Inputs of a random shape over a shared pattern, and the bits that attention gives for them.</summary>
internal sealed class Problem : IDisposable
{
    private static readonly ScalarType[] DTypes = [ScalarType.Float32, ScalarType.Float16, ScalarType.BFloat16];

    private readonly Tensor _q, _k, _v;
    private readonly SparsePattern _pattern;
    private readonly byte[] _expected;

    public Problem(Random random, SparsePattern pattern)
    {
        _pattern = pattern;
        int batch = random.Next(1, 3), heads = random.Next(1, 4), dimension = 8 * random.Next(1, 9);
        ScalarType dtype = DTypes[random.Next(DTypes.Length)];
        bool tokensFirst = random.Next(2) == 0;
        using var scope = NewDisposeScope();
        _q = Make(pattern.QueryCount);
        _k = Make(pattern.KeyCount);
        _v = Make(pattern.KeyCount);
        _expected = Run();

        Tensor Make(int tokens)
        {
            Tensor made = tokensFirst
                ? randn(batch, tokens, heads, dimension).to(dtype).transpose(1, 2)
                : randn(batch, heads, tokens, dimension).to(dtype);
            return made.DetachFromDisposeScope();
        }
    }

    /// <summary>Patterns of all kinds that threads share.</summary>
    public static SparsePattern[] Patterns(Random random, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => Properties.SmallPatterns.Next(random)), CrossScaleLocal.Create(ScaleSchedule.FromSides(1, 2, 4, 8, 12), 4)];

    public void Check()
    {
        if (!Run().AsSpan().SequenceEqual(_expected))
            throw new InvalidOperationException($"a wrong result over {_pattern}");
    }

    /// <summary>The same with one token too few.</summary>
    public void CheckRefused()
    {
        using Tensor shorter = _k.size(2) > 1 ? _k.narrow(2, 0, _k.size(2) - 1) : _k.alias();
        using Tensor values = _k.size(2) > 1 ? _v.narrow(2, 0, _v.size(2) - 1) : _v.alias();
        try
        {
            SparseAttention.Apply(_q, shorter, values, _pattern, scale: double.NaN).Dispose();
        }
        catch (ArgumentException)
        {
            return;
        }

        throw new InvalidOperationException($"bad input was taken over {_pattern}");
    }

    public void Dispose()
    {
        _q.Dispose();
        _k.Dispose();
        _v.Dispose();
    }

    private byte[] Run()
    {
        using Tensor output = SparseAttention.Apply(_q, _k, _v, _pattern);
        using Tensor plain = output.contiguous();
        return plain.bytes.ToArray();
    }
}
