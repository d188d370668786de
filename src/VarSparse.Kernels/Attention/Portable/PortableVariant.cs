using System.Reflection;
using VarSparse.Kernels.Runtime;

namespace VarSparse.Kernels.Attention.Portable;

/// <summary>The instantiation of the portable kernel for an element type and a head dimension.</summary>
internal sealed record PortableVariant : AttentionVariant
{
    private const int LargestHeadDimension = 256;

    private PortableVariant(AttentionElement element, int headDimension, MethodInfo kernel)
        : base(AttentionBackend.Portable, element, headDimension, kernel, new LaunchBounds(PortableTiling.Threads))
    {
    }

    public override int SharedBytes => 0;

    /// <exception cref="NotSupportedException">The head dimension is not a multiple of 8 up to 256.</exception>
    public static PortableVariant For(AttentionElement element, int headDimension)
    {
        if (headDimension is < 8 or > LargestHeadDimension || headDimension % 8 != 0)
            throw new NotSupportedException($"headDimension: got {headDimension}, expected a multiple of 8 up to {LargestHeadDimension}.");
        Type output = typeof(PortableColumns);
        for (int columns = PortableTiling.ValueColumns; columns < headDimension; columns *= 2)
            output = typeof(PortablePair<>).MakeGenericType(output);
        (Type memory, Type meaning) = Types(element);
        MethodInfo kernel = typeof(PortableAttentionKernel).GetMethod(nameof(PortableAttentionKernel.Run))!
            .MakeGenericMethod(memory, meaning, output);
        return new PortableVariant(element, headDimension, kernel);
    }

    /// <summary>How an element lies in memory, and what it means.</summary>
    public static (Type Memory, Type Meaning) Types(AttentionElement element) => element switch
    {
        AttentionElement.Float32 => (typeof(float), typeof(SingleElement)),
        AttentionElement.Float16 => (typeof(ILGPU.Half), typeof(HalfElement)),
        AttentionElement.BFloat16 => (typeof(ushort), typeof(BrainElement)),
        _ => throw new NotSupportedException($"element: got {element}, expected {string.Join(", ", Enum.GetNames<AttentionElement>())}."),
    };

    public override void AddArguments(in AttentionParameters parameters, in LaunchShape shape, ref LaunchArguments arguments)
    {
        arguments.Add(DeviceTensors.Of(parameters));
        arguments.Add(DevicePattern.Of(parameters));
        arguments.Add(PortableSizes.Of(parameters, HeadDimension));
    }
}
