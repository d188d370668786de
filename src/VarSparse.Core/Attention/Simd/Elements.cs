using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace VarSparse.Attention.Simd;

/// <summary>Conversion of rows between an element type and float32. The type tests are constants in each instantiation.</summary>
internal static unsafe class Elements<T>
    where T : unmanaged
{
    public static bool IsSingle => typeof(T) == typeof(float);

    public static bool IsSupported => typeof(T) == typeof(float) || typeof(T) == typeof(Half) || typeof(T) == typeof(BFloat16);

    public static void Widen(T* source, float* destination, int count)
    {
        if (typeof(T) == typeof(float))
            Unsafe.CopyBlockUnaligned(destination, source, (uint)(count * sizeof(float)));
        else if (typeof(T) == typeof(Half))
            TensorPrimitives.ConvertToSingle(new ReadOnlySpan<Half>(source, count), new Span<float>(destination, count));
        else
            WidenBFloat16((ushort*)source, destination, count);
    }

    public static void Narrow(float* source, T* destination, int count)
    {
        if (typeof(T) == typeof(float))
        {
            Unsafe.CopyBlockUnaligned(destination, source, (uint)(count * sizeof(float)));
        }
        else if (typeof(T) == typeof(Half))
        {
            TensorPrimitives.ConvertToHalf(new ReadOnlySpan<float>(source, count), new Span<Half>(destination, count));
        }
        else
        {
            for (int i = 0; i < count; i++)
                ((BFloat16*)destination)[i] = (BFloat16)source[i];
        }
    }

    private static void WidenBFloat16(ushort* source, float* destination, int count)
    {
        // Head dimensions are multiples of 8, so there is no remainder.
        for (int i = 0; i < count; i += Vector128<ushort>.Count)
        {
            (Vector128<uint> low, Vector128<uint> high) = Vector128.Widen(Vector128.Load(source + i));
            (low << 16).AsSingle().Store(destination + i);
            (high << 16).AsSingle().Store(destination + i + Vector128<uint>.Count);
        }
    }
}
