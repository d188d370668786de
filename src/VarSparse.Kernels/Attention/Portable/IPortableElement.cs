using ILGPU;

namespace VarSparse.Kernels.Attention.Portable;

/// <summary>An element type in memory and its float32 value.</summary>
internal interface IPortableElement<T>
    where T : unmanaged
{
    static abstract float Widen(T element);

    /// <summary>The nearest element, ties to even.</summary>
    static abstract T Round(float value);
}

internal readonly struct SingleElement : IPortableElement<float>
{
    public static float Widen(float element) => element;

    public static float Round(float value) => value;
}

/// <summary>bfloat16 as its 16 bits, the upper half of a float32: ILGPU has no such type.</summary>
internal readonly struct BrainElement : IPortableElement<ushort>
{
    public static float Widen(ushort element) => Interop.IntAsFloat((uint)element << 16);

    public static ushort Round(float value)
    {
        uint bits = Interop.FloatAsInt(value);
        bool isNaN = (bits & 0x7FFFFFFF) > 0x7F800000;
        return (ushort)((isNaN ? bits | 0x400000 : bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }
}

/// <summary>IEEE binary16.</summary>
internal readonly struct HalfElement : IPortableElement<ILGPU.Half>
{
    public static float Widen(ILGPU.Half element) => element;

    /// <remarks>
    /// Some accelerators truncate in their own conversion, so the value is rounded before: normal ones to 10 fraction bits,
    /// subnormal ones to a multiple of 2^-24, which is the unit in the last place of 0.5.
    /// </remarks>
    public static ILGPU.Half Round(float value)
    {
        const float smallestNormal = 6.103515625e-05f;
        uint bits = Interop.FloatAsInt(value);
        uint magnitude = bits & 0x7FFFFFFF;
        if (magnitude > 0x7F800000)
            return (ILGPU.Half)value;
        float absolute = Interop.IntAsFloat(magnitude);
        float rounded = absolute < smallestNormal
            ? (absolute + 0.5f) - 0.5f
            : Interop.IntAsFloat((magnitude + 0xFFF + ((magnitude >> 13) & 1)) & ~0x1FFFu);
        return (ILGPU.Half)Interop.IntAsFloat(Interop.FloatAsInt(rounded) | (bits & 0x80000000));
    }
}
