using System.Runtime.InteropServices;

namespace VarSparse.Samples.Safetensors;

/// <summary>Typed reading and checking that every source of tensors shares.</summary>
public static class TensorSourceExtensions
{
    /// <summary>The values of a tensor whose element type is exactly <typeparamref name="T"/>, without a copy.</summary>
    /// <exception cref="InvalidDataException">The tensor has another element type.</exception>
    public static ReadOnlySpan<T> Values<T>(this ITensorSource source, string name) where T : unmanaged
    {
        ReadOnlySpan<byte> bytes = source.Bytes(name);
        ElementType actual = source.Tensors[name].Type;
        if (ElementTypes.Of<T>() != actual)
            throw Problem.In(source.Path, $"tensor {Problem.Quote(name)} is {actual}, not {typeof(T).Name}");
        return MemoryMarshal.Cast<byte, T>(bytes);
    }

    /// <summary>The values of a BF16, F16 or F32 tensor, row-major, widened to float (exact).</summary>
    /// <exception cref="InvalidDataException">The tensor has another element type.</exception>
    public static float[] ToFloats(this ITensorSource source, string name)
    {
        ReadOnlySpan<byte> bytes = source.Bytes(name);
        return source.Tensors[name].Type switch
        {
            ElementType.F32 => MemoryMarshal.Cast<byte, float>(bytes).ToArray(),
            ElementType.F16 => HalvesToFloats(bytes),
            ElementType.BF16 => BrainFloatsToFloats(bytes),
            ElementType other => throw Problem.In(
                source.Path, $"tensor {Problem.Quote(name)} is {other}; only BF16, F16 and F32 convert to float"),
        };
    }

    /// <summary>Checks that the source holds these tensors and no others.</summary>
    /// <exception cref="InvalidDataException">Some are missing or unexpected; the message lists them.</exception>
    public static void RequireExactly(this ITensorSource source, IEnumerable<string> names)
    {
        HashSet<string> expected = [.. names];
        string[] missing = [.. expected.Where(name => !source.Tensors.ContainsKey(name)).Order(StringComparer.Ordinal)];
        string[] unexpected = [.. source.Tensors.Keys.Where(name => !expected.Contains(name)).Order(StringComparer.Ordinal)];
        if (missing.Length + unexpected.Length == 0)
            return;

        string[] parts =
        [
            .. missing.Length > 0 ? [$"missing tensors: {Problem.List(missing)}"] : Array.Empty<string>(),
            .. unexpected.Length > 0 ? [$"unexpected tensors: {Problem.List(unexpected)}"] : Array.Empty<string>(),
        ];
        throw Problem.In(source.Path, string.Join("; ", parts));
    }

    private static float[] HalvesToFloats(ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<Half> halves = MemoryMarshal.Cast<byte, Half>(bytes);
        float[] floats = new float[halves.Length];
        for (int i = 0; i < floats.Length; i++)
            floats[i] = (float)halves[i];
        return floats;
    }

    // A bfloat16 is the upper half of a float.
    private static float[] BrainFloatsToFloats(ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<ushort> upperHalves = MemoryMarshal.Cast<byte, ushort>(bytes);
        float[] floats = new float[upperHalves.Length];
        for (int i = 0; i < floats.Length; i++)
            floats[i] = BitConverter.UInt32BitsToSingle((uint)upperHalves[i] << 16);
        return floats;
    }
}
