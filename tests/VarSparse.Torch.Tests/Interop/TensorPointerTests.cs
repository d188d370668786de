using System.Runtime.InteropServices;
using TorchSharp;
using VarSparse.Torch.Interop;
using static TorchSharp.torch;

namespace VarSparse.Torch.Tests.Interop;

public sealed unsafe class TensorPointerTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public static TheoryData<ScalarType> EveryDType =>
    [
        ScalarType.Float32, ScalarType.Float16, ScalarType.BFloat16, ScalarType.Float64, ScalarType.Int64,
        ScalarType.Int16, ScalarType.Byte,
    ];

    public void Dispose() => _scope.Dispose();

    [Theory]
    [MemberData(nameof(EveryDType))]
    public void A_write_through_the_pointer_is_seen_in_the_tensor(ScalarType dtype)
    {
        Tensor tensor = Numbers(dtype, 2, 3, 4);
        Tensor source = Numbers(dtype, 1).add_(100);

        new ReadOnlySpan<byte>((void*)TensorPointer.Of(source), (int)source.ElementSize)
            .CopyTo(new Span<byte>((void*)TensorPointer.Of(tensor[1, 1]), (int)tensor.ElementSize));

        Assert.Equal(100, tensor[1, 1, 0].ToDouble());
        Assert.Equal(15, tensor[1, 0, 3].ToDouble());
        Assert.Equal(17, tensor[1, 1, 1].ToDouble());
    }

    [Theory]
    [MemberData(nameof(EveryDType))]
    public void The_offset_of_a_view_is_included(ScalarType dtype)
    {
        Tensor tensor = Numbers(dtype, 4, 5, 8);
        Tensor view = tensor[1.., 2.., 3..];
        Assert.Equal((1 * 5 * 8) + (2 * 8) + 3, view.storage_offset());

        Assert.Equal(TensorPointer.Of(tensor) + (nint)(view.storage_offset() * view.ElementSize), TensorPointer.Of(view));
    }

    [Theory]
    [MemberData(nameof(EveryDType))]
    public void Strides_lead_from_the_pointer_to_every_element_of_a_transposed_view(ScalarType dtype)
    {
        const int batch = 2, length = 3, heads = 2, width = 5;
        Tensor blhd = Numbers(dtype, batch, length, heads, width + 1);
        Tensor view = blhd[.., .., .., 1..].transpose(1, 2);
        nint start = TensorPointer.Of(view);

        for (long b = 0; b < batch; b++)
        {
            for (long h = 0; h < heads; h++)
            {
                for (long l = 0; l < length; l++)
                {
                    for (long d = 0; d < width; d++)
                    {
                        long offset = (b * view.stride(0)) + (h * view.stride(1)) + (l * view.stride(2)) + (d * view.stride(3));
                        double expected = (((((b * length) + l) * heads) + h) * (width + 1)) + d + 1;
                        Assert.Equal(expected, ReadElement(start + (nint)(offset * view.ElementSize), dtype));
                    }
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(EveryDType))]
    public void Public_interfaces_alone_give_the_same_pointer(ScalarType dtype)
    {
        Tensor tensor = Numbers(dtype, 4, 5, 8);
        Tensor[] views = [tensor, tensor[1.., 2.., 3..], tensor.transpose(0, 2)[2..], tensor.expand(3, 4, 5, 8), tensor[3, 4, 7]];
        foreach (Tensor view in views)
            Assert.Equal(TensorPointer.Of(view), TensorPointer.OfElementView(view));
    }

    [Fact]
    public void A_tensor_without_elements_has_no_address()
    {
        Tensor empty = torch.empty(2, 0, 3);
        Assert.Equal(0, TensorPointer.Of(empty));
        Assert.Equal(0, TensorPointer.OfElementView(empty));
    }

    [Fact]
    public void A_meta_tensor_is_refused()
    {
        Tensor meta = torch.empty(2, 3, device: META);
        Assert.Equal(
            "tensor: got one on meta without memory, expected one that holds its elements.",
            Assert.Throws<InvalidOperationException>(() => TensorPointer.Of(meta)).Message);
        string withoutExport = Assert.Throws<NotSupportedException>(() => TensorPointer.OfElementView(meta)).Message;
        Assert.StartsWith("tensor: got one on meta with TorchSharp ", withoutExport, StringComparison.Ordinal);
    }

    [Fact]
    public void A_sparse_tensor_gets_libtorchs_error()
    {
        Tensor sparse = sparse_coo_tensor(tensor(new long[,] { { 0, 1 } }), tensor(new[] { 1f, 2f }), [3]);
        Assert.Throws<ExternalException>(() => TensorPointer.Of(sparse));
        Assert.NotEqual(0, TensorPointer.Of(Numbers(ScalarType.Float32, 2)));
    }

    [Fact]
    public void A_disposed_tensor_is_refused()
    {
        Tensor tensor = Numbers(ScalarType.Float32, 2);
        tensor.Dispose();
        Assert.ThrowsAny<InvalidOperationException>(() => TensorPointer.Of(tensor));
    }

    [Fact]
    public void Nothing_leaks_and_the_export_allocates_nothing()
    {
        Tensor tensor = Numbers(ScalarType.BFloat16, 2, 3, 4)[1..];
        TensorLeaks.AssertNone(() =>
        {
            TensorPointer.Of(tensor);
            TensorPointer.OfElementView(tensor);
        });

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
            TensorPointer.Of(tensor);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static Tensor Numbers(ScalarType dtype, params long[] shape)
    {
        long count = shape.Aggregate((a, b) => a * b);
        return arange(count).to_type(dtype).reshape(shape);
    }

    private static double ReadElement(nint address, ScalarType dtype) => dtype switch
    {
        ScalarType.Float32 => *(float*)address,
        ScalarType.Float16 => (double)*(Half*)address,
        ScalarType.BFloat16 => BitConverter.UInt32BitsToSingle((uint)*(ushort*)address << 16),
        ScalarType.Float64 => *(double*)address,
        ScalarType.Int64 => *(long*)address,
        ScalarType.Int16 => *(short*)address,
        ScalarType.Byte => *(byte*)address,
        _ => throw new ArgumentOutOfRangeException(nameof(dtype)),
    };
}
