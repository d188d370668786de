using System.Collections.Frozen;

namespace VarSparse.Samples.Safetensors;

/// <summary>Element types of safetensors files, named as the files spell them.</summary>
public enum ElementType
{
    BOOL,
    U8,
    I8,
    U16,
    I16,
    F16,
    BF16,
    U32,
    I32,
    F32,
    U64,
    I64,
    F64,
}

public static class ElementTypes
{
    /// <summary>The types by the names that the files use.</summary>
    public static FrozenDictionary<string, ElementType> ByName { get; } =
        Enum.GetValues<ElementType>().ToFrozenDictionary(type => type.ToString(), StringComparer.Ordinal);

    /// <summary>Bytes of one element.</summary>
    public static int ByteSize(this ElementType type) => type switch
    {
        ElementType.BOOL or ElementType.U8 or ElementType.I8 => 1,
        ElementType.U16 or ElementType.I16 or ElementType.F16 or ElementType.BF16 => 2,
        ElementType.U32 or ElementType.I32 or ElementType.F32 => 4,
        ElementType.U64 or ElementType.I64 or ElementType.F64 => 8,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "unknown element type"),
    };

    /// <summary>The element type that a .NET type holds; null where there is none (read BF16 and BOOL as bytes).</summary>
    public static ElementType? Of<T>() where T : unmanaged =>
        typeof(T) == typeof(float) ? ElementType.F32
        : typeof(T) == typeof(double) ? ElementType.F64
        : typeof(T) == typeof(Half) ? ElementType.F16
        : typeof(T) == typeof(long) ? ElementType.I64
        : typeof(T) == typeof(ulong) ? ElementType.U64
        : typeof(T) == typeof(int) ? ElementType.I32
        : typeof(T) == typeof(uint) ? ElementType.U32
        : typeof(T) == typeof(short) ? ElementType.I16
        : typeof(T) == typeof(ushort) ? ElementType.U16
        : typeof(T) == typeof(sbyte) ? ElementType.I8
        : typeof(T) == typeof(byte) ? ElementType.U8
        : null;
}
