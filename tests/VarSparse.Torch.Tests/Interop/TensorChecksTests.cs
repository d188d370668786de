using TorchSharp;
using VarSparse.Torch.Interop;
using static TorchSharp.torch;

namespace VarSparse.Torch.Tests.Interop;

public sealed class TensorChecksTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.Float16)]
    [InlineData(ScalarType.BFloat16)]
    public void Contiguous_inputs_give_their_layout(ScalarType dtype)
    {
        Tensor q = Zeros(dtype, 2, 3, 5, 8), k = Zeros(dtype, 2, 3, 7, 8), v = Zeros(dtype, 2, 3, 7, 8);

        AttentionShape shape = TensorChecks.CheckAttentionInputs(q, k, v);

        var keys = new TensorStrides(3 * 7 * 8, 7 * 8, 8);
        Assert.Equal(new AttentionShape(2, 3, 5, 7, 8, dtype, new(3 * 5 * 8, 5 * 8, 8), keys, keys), shape);
    }

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.Float16)]
    [InlineData(ScalarType.BFloat16)]
    public void Views_come_with_their_own_strides(ScalarType dtype)
    {
        Tensor q = Zeros(dtype, 2, 5, 3, 8).transpose(1, 2);
        Tensor packed = Zeros(dtype, 2, 7, 2, 3, 8);
        Tensor k = packed.select(2, 0).transpose(1, 2);
        Tensor v = Zeros(dtype, 1, 1, 7, 16)[.., .., .., 8..].expand(2, 3, 7, 8);

        AttentionShape shape = TensorChecks.CheckAttentionInputs(q, k, v);

        Assert.Equal(new TensorStrides(5 * 3 * 8, 8, 3 * 8), shape.Query);
        Assert.Equal(new TensorStrides(7 * 2 * 3 * 8, 8, 2 * 3 * 8), shape.Key);
        Assert.Equal(new TensorStrides(0, 0, 16), shape.Value);
    }

    [Theory]
    [InlineData("q")]
    [InlineData("k")]
    [InlineData("v")]
    public void Each_argument_is_named(string name)
    {
        Fails(name, Zeros(3, 5, 8), "got 3 dimensions [3, 5, 8], expected 4: [batch, heads, tokens, head dimension].");
        Fails(name, Zeros(ScalarType.Int32, 1, 2, 4, 8), "got Int32, expected Float32, Float16 or BFloat16.");
        Fails(name, Zeros(1, 0, 4, 8), "got size 0 of dimension 1 in [1, 0, 4, 8], expected 1 to 2147483647.");
        Fails(
            name,
            Zeros(1, 1, 1, 1).expand(1, 2, 1L << 31, 8),
            "got size 2147483648 of dimension 2 in [1, 2, 2147483648, 8], expected 1 to 2147483647.");
        Fails(name, Zeros(1, 2, 8, 4).transpose(2, 3), "got stride 4 in the last dimension, expected 1: make it contiguous().");
        Fails(name, Zeros(1, 2, 4, 1).expand(1, 2, 4, 8), "got stride 0 in the last dimension, expected 1: make it contiguous().");
        Fails(name, Zeros(1, 2, 4, 8).to_sparse(), "got a tensor of sparse layout, expected a strided one.");
        Fails(
            name,
            Zeros(1, 2, 4, 8).requires_grad_(),
            "got a tensor that requires a gradient, expected inference: detach() it or call under torch.no_grad().");

        Tensor disposed = Zeros(1, 2, 4, 8);
        disposed.Dispose();
        Fails(name, disposed, "got a disposed tensor, expected a live one.");
    }

    [Fact]
    public void A_missing_tensor_is_named()
    {
        Tensor good = Zeros(1, 2, 4, 8);
        Assert.Equal("v", Assert.Throws<ArgumentNullException>(() => TensorChecks.CheckAttentionInputs(good, good, null!)).ParamName);
    }

    [Fact]
    public void Arguments_must_agree()
    {
        Fails("k", Zeros(2, 2, 4, 8), "got [2, 2, 4, 8], expected [1, 2, keys, 8] as q is [1, 2, 4, 8].");
        Fails("k", Zeros(1, 1, 4, 8), "got [1, 1, 4, 8], expected [1, 2, keys, 8] as q is [1, 2, 4, 8].");
        Fails("k", Zeros(1, 2, 4, 16), "got [1, 2, 4, 16], expected [1, 2, keys, 8] as q is [1, 2, 4, 8].");
        Fails("v", Zeros(1, 2, 5, 8), "got [1, 2, 5, 8], expected [1, 2, 4, 8] as k is.");
        Fails("v", Zeros(1, 2, 4, 16), "got [1, 2, 4, 16], expected [1, 2, 4, 8] as k is.");
        Fails("k", Zeros(ScalarType.Float16, 1, 2, 4, 8), "got Float16, expected Float32 as q is.");
        Fails("v", Zeros(ScalarType.BFloat16, 1, 2, 4, 8), "got BFloat16, expected Float32 as k is.");
        Fails("k", zeros(1, 2, 4, 8, device: META), "got a tensor on meta, expected one on cpu as q is.");
        Fails("v", zeros(1, 2, 4, 8, device: META), "got a tensor on meta, expected one on cpu as k is.");
    }

    [Fact]
    public void Parameters_pass_where_no_gradient_is_recorded()
    {
        Tensor parameter = Zeros(1, 2, 4, 8).requires_grad_();
        using (no_grad())
            Assert.Equal(8, TensorChecks.CheckAttentionInputs(parameter, parameter, parameter).HeadDimension);
    }

    [Fact]
    public void The_stride_of_a_single_element_does_not_matter()
    {
        Tensor narrow = Zeros(1, 2, 4, 8)[.., .., .., ..1].as_strided([1, 2, 4, 1], [64, 32, 8, 5], 0);
        Assert.Equal(1, TensorChecks.CheckAttentionInputs(narrow, narrow, narrow).HeadDimension);
    }

    [Fact]
    public void Only_devices_with_a_backend_pass()
    {
        TensorChecks.CheckDevice(Zeros(1), "q");
        ArgumentException error = Assert.Throws<ArgumentException>(() => TensorChecks.CheckDevice(zeros(1, device: META), "q"));
        Assert.Equal("q: got a tensor on meta, expected one on the CPU or a CUDA device. (Parameter 'q')", error.Message);
    }

    [Fact]
    public void Nothing_leaks_and_nothing_is_allocated()
    {
        Tensor q = Zeros(1, 2, 4, 8), wrong = Zeros(1, 2, 4, 16);
        TensorLeaks.AssertNone(() =>
        {
            TensorChecks.CheckAttentionInputs(q, q, q);
            Assert.Throws<ArgumentException>(() => TensorChecks.CheckAttentionInputs(q, wrong, q));
        });

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
            TensorChecks.CheckAttentionInputs(q, q, q);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static void Fails(string name, Tensor bad, string message)
    {
        Tensor good = Zeros(1, 2, 4, 8);
        ArgumentException error = Assert.Throws<ArgumentException>(
            () => TensorChecks.CheckAttentionInputs(name == "q" ? bad : good, name == "k" ? bad : good, name == "v" ? bad : good));
        Assert.Equal($"{name}: {message} (Parameter '{name}')", error.Message);
    }

    private static Tensor Zeros(params long[] shape) => zeros(shape);

    private static Tensor Zeros(ScalarType dtype, params long[] shape) => zeros(shape, dtype: dtype);
}
