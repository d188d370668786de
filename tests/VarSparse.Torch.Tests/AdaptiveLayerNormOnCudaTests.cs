using TorchSharp;
using static TorchSharp.torch;

namespace VarSparse.Torch.Tests;

/// <summary>The kernels against float64 on the CPU; skipped where torch finds no device.</summary>
public sealed class AdaptiveLayerNormOnCudaTests : IDisposable
{
    private readonly DisposeScope _scope = BeginOnGpu();

    public void Dispose() => _scope.Dispose();

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.Float16)]
    [InlineData(ScalarType.BFloat16)]
    public void Every_dtype_and_width_agrees_with_float64(ScalarType dtype)
    {
        foreach (long width in (long[])[1, 7, 8, 64, 1000, 2048, 3584, 8200, 20000])
        {
            foreach ((long batch, long tokens) in ((long, long)[])[(2, 1), (1, 1), (2, 5)])
            {
                AdaptiveLayerNormCase item = new(width, dtype, batch, tokens, width);
                Check(item.X.cuda(), item.Branch.cuda(), item.Gate.cuda(), item.Scale.cuda(), item.Shift.cuda(), $"{dtype}, width and seed {width}, [{batch}, {tokens}, C]");
            }
        }
    }

    [Fact]
    public void Strided_rows_are_read_and_written_in_place()
    {
        manual_seed(5);
        Tensor all = randn([2, 9, 3, 64], dtype: ScalarType.BFloat16, device: CUDA), parts = randn([2, 6, 64], dtype: ScalarType.BFloat16, device: CUDA);
        Tensor before = all.clone(), x = all.narrow(1, 2, 5).select(2, 1);
        Check(x, all.narrow(1, 0, 5).select(2, 0), Part(0), Part(1), Part(2), "strided");
        Assert.True(all.select(2, 0).Equals(before.select(2, 0)), "rows beside x changed");
        Assert.True(all.narrow(1, 7, 2).Equals(before.narrow(1, 7, 2)), "rows behind x changed");
        Check(all.select(2, 0).transpose(0, 1), all.select(2, 2).transpose(0, 1), randn([9, 1, 64], dtype: ScalarType.BFloat16, device: CUDA), Ones(), Ones(), "transposed");

        Tensor Part(long index) => parts.narrow(1, index, 1);
        Tensor Ones() => ones([1, 1, 64], dtype: ScalarType.BFloat16, device: CUDA);
    }

    [Fact]
    public void What_no_kernel_takes_is_torchs()
    {
        AdaptiveLayerNormCase item = new(seed: 6, ScalarType.Float64), single = new(seed: 6, ScalarType.Float32);
        Check(item.X.cuda(), item.Branch.cuda(), item.Gate.cuda(), item.Scale.cuda(), item.Shift.cuda(), "float64");
        Check(single.X.cuda(), single.Branch.cuda().to(ScalarType.BFloat16), single.Gate.cuda(), single.Scale.cuda(), single.Shift.cuda(), "branch of another dtype");
        Check(
            single.X.cuda().transpose(1, 2).contiguous().transpose(1, 2), single.Branch.cuda(), single.Gate.cuda(), single.Scale.cuda(), single.Shift.cuda(),
            "channels apart");
        Tensor oneRow = zeros([1, 1, 24], device: CUDA).expand(2, 5, 24);
        Assert.Throws<ArgumentException>(() => AdaptiveLayerNorm.AddGated(oneRow, single.Branch.cuda(), single.Gate.cuda()));
    }

    [Fact]
    public void A_residual_has_the_bits_of_torchs_addcmul()
    {
        foreach (ScalarType dtype in (ScalarType[])[ScalarType.Float32, ScalarType.Float16, ScalarType.BFloat16])
        {
            AdaptiveLayerNormCase item = new(seed: 7, dtype, width: 2048);
            Tensor x = item.X.cuda(), branch = item.Branch.cuda(), gate = item.Gate.cuda(), expected = x.addcmul(branch, gate, 1);
            AdaptiveLayerNorm.AddGated(x, branch, gate);
            Bits.AssertEqual(expected.cpu(), x.cpu(), $"{dtype}");
        }
    }

    private static DisposeScope BeginOnGpu()
    {
        Assert.SkipUnless(cuda.is_available(), "torch finds no CUDA device");
        return NewDisposeScope();
    }

    private static void Check(Tensor x, Tensor branch, Tensor gate, Tensor scale, Tensor shift, string what)
    {
        foreach (bool onePlusScale in (bool[])[true, false])
        {
            Agree(Normalised(x, scale, shift, onePlusScale), AdaptiveLayerNorm.Apply(x, scale, shift, onePlusScale: onePlusScale), $"{what}, normalised");
            Tensor sum = Exact(x) + Exact(branch) * Exact(gate);
            Tensor next = AdaptiveLayerNorm.AddGatedAndApply(x, branch, gate, scale, shift, onePlusScale: onePlusScale);
            Agree(sum, x, $"{what}, residual");
            Agree(Normalised(x, scale, shift, onePlusScale), next, $"{what}, residual, normalised");
        }

        Tensor last = Exact(x) + Exact(branch) * Exact(gate);
        AdaptiveLayerNorm.AddGated(x, branch, gate);
        Agree(last, x, $"{what}, residual alone");
    }

    private static Tensor Normalised(Tensor x, Tensor scale, Tensor shift, bool onePlusScale) =>
        nn.functional.layer_norm(Exact(x), [x.size(2)], eps: 1e-6) * (Exact(scale) + (onePlusScale ? 1 : 0)) + Exact(shift);

    private static Tensor Exact(Tensor tensor) => tensor.cpu().to(ScalarType.Float64);

    private static void Agree(Tensor expected, Tensor actual, string what)
    {
        Assert.Equal(expected.shape, actual.shape);
        (double relative, double absolute) = actual.dtype switch
        {
            ScalarType.Float64 => (1e-12, 1e-12),
            ScalarType.Float32 => (3e-6, 3e-5),
            ScalarType.Float16 => (6e-4, 1e-4),
            _ => (4.1e-3, 1e-4),
        };
        double off = ((Exact(actual) - expected).abs() - relative * expected.abs()).max().item<double>();
        Assert.True(off <= absolute, $"{what}: off by {off:E2}");
    }
}
