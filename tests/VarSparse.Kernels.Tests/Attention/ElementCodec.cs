using System.Runtime.InteropServices;
using VarSparse.Attention;

namespace VarSparse.Kernels.Tests.Attention;

/// <summary>Numbers of an element type as the bytes a kernel reads and writes.</summary>
internal static class ElementCodec
{
    public static int Size(AttentionElement element) => element == AttentionElement.Float32 ? 4 : 2;

    public static void Write(AttentionElement element, Span<byte> memory, long index, double value)
    {
        Span<byte> place = memory.Slice((int)index * Size(element), Size(element));
        switch (element)
        {
            case AttentionElement.Float32: MemoryMarshal.Write(place, (float)value); break;
            case AttentionElement.Float16: MemoryMarshal.Write(place, (Half)value); break;
            default: MemoryMarshal.Write(place, ((BFloat16)(float)value).ToBits()); break;
        }
    }

    public static double Read(AttentionElement element, ReadOnlySpan<byte> memory, long index)
    {
        ReadOnlySpan<byte> place = memory.Slice((int)index * Size(element), Size(element));
        return element switch
        {
            AttentionElement.Float32 => MemoryMarshal.Read<float>(place),
            AttentionElement.Float16 => (double)MemoryMarshal.Read<Half>(place),
            _ => (float)BFloat16.FromBits(MemoryMarshal.Read<ushort>(place)),
        };
    }
}
