using TorchSharp;
using VarSparse.Geometry;
using VarSparse.Kernels;
using VarSparse.Kernels.Tests.Attention;
using VarSparse.Patterns;
using VarSparse.Torch.Hooks;
using VarSparse.Torch.Interop;
using VarSparse.Torch.Policies;
using static TorchSharp.torch;

namespace VarSparse.Torch.Tests;

/// <summary>CUDA tensors against float64 on the CPU; skipped where torch finds no device.</summary>
public sealed class SparseAttentionOnCudaTests : IDisposable
{
    /// <summary>Dense attention is torch's own, which may multiply float32 in pieces of fewer bits.</summary>
    private const double TorchFloat32 = 1e-4;

    /// <summary>Both sides round their results.</summary>
    private const double TwiceBFloat16 = 2e-2;

    private readonly DisposeScope _scope = BeginOnGpu();

    public void Dispose() => _scope.Dispose();

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.Float16)]
    [InlineData(ScalarType.BFloat16)]
    public void Every_dtype_and_head_dimension_agrees_with_float64(ScalarType dtype)
    {
        foreach (int headDimension in new[] { 8, 48, 64, 128, 256 })
        {
            foreach (SparsePattern pattern in new[] { Local(), SparsePattern.Dense(37, 301), Local().WithKeyBias(Bias(Local().KeyCount)) })
            {
                (Tensor q, Tensor k, Tensor v) = AttentionInTorch.Random(headDimension, 2, 3, pattern, headDimension, dtype);
                Check(q, k, v, q.cuda(), k.cuda(), v.cuda(), pattern, $"{dtype}, head dimension and seed {headDimension}, {pattern}");
            }
        }
    }

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.Float16)]
    [InlineData(ScalarType.BFloat16)]
    public void Tokens_first_views_and_gaps_are_read_in_place(ScalarType dtype)
    {
        SparsePattern pattern = Local();
        int keys = pattern.KeyCount, queries = pattern.QueryCount;
        manual_seed(3);
        Tensor packed = randn([2, keys, 3, 4, 64]).to(dtype);
        Tensor cache = randn([2, 4, keys + 9, 64]).to(dtype);

        Check(Of(packed, 0), Of(packed, 1), Of(packed, 2), Of(packed.cuda(), 0), Of(packed.cuda(), 1), Of(packed.cuda(), 2), pattern, $"packed {dtype}, seed 3");
        Tensor onDevice = cache.cuda();
        Check(Of(packed, 0), Part(cache), Part(cache), Of(packed.cuda(), 0), Part(onDevice), Part(onDevice), pattern, $"cache {dtype}, seed 3");

        Tensor Of(Tensor all, long part) => all.select(2, part).narrow(1, 0, part == 0 ? queries : keys).transpose(1, 2);
        Tensor Part(Tensor all) => all.narrow(2, 5, keys);
    }

    [Fact]
    public void A_dense_pattern_in_float32_is_torchs_in_every_order_and_with_any_scale()
    {
        const double plain = 0.125;
        SparsePattern pattern = SparsePattern.Dense(37, 301);
        manual_seed(4);
        Tensor headsFirst = randn([2, 4, 37, 64]), tokensFirst = randn([2, 37, 4, 64]).transpose(1, 2);
        Tensor packed = randn([2, 37, 3, 4, 64]).select(2, 1).transpose(1, 2), cache = randn([2, 4, 310, 64]).narrow(2, 5, 301);
        Tensor keys = randn([2, 301, 3, 4, 64]).select(2, 2).transpose(1, 2), oneHead = randn([1, 1, 301, 64]).expand(2, 4, 301, 64);
        foreach (Tensor q in new[] { headsFirst, tokensFirst, packed })
        {
            foreach ((Tensor k, Tensor v) in new[] { (keys, cache), (cache, keys), (oneHead, cache) })
            {
                foreach (double scale in new[] { plain, 0.3, -0.2, 0 })
                {
                    Tensor cudaQ = Copy(q), cudaK = Copy(k), cudaV = Copy(v);
                    using var counted = new CountedBackends();
                    Tensor output = SparseAttention.Apply(cudaQ, cudaK, cudaV, pattern, scale == plain ? null : scale);
                    Assert.Equal(["torch"], counted.Backends);
                    Assert.StartsWith("torch used: ", SparseAttention.Explain(cudaQ, cudaK, cudaV, pattern, scale), StringComparison.Ordinal);
                    Assert.Equal(AttentionResult.Empty(q).stride(), output.stride());
                    double error = AttentionInTorch.RelativeError(output.cpu(), AttentionInTorch.Reference(q, k, v, pattern, scale).Output);
                    Assert.True(error <= TorchFloat32, $"scale {scale}, strides {string.Join(' ', q.stride())}, seed 4: relative error {error:E2}");
                }
            }
        }

        // Copying to a device would make the tensor contiguous.
        static Tensor Copy(Tensor tensor) =>
            tensor.as_strided([tensor.storage_offset() + Reach(tensor)], [1], 0).cuda().as_strided(tensor.shape, tensor.stride(), tensor.storage_offset());

        static long Reach(Tensor tensor) => 1 + Enumerable.Range(0, 4).Sum(dimension => (tensor.size(dimension) - 1) * tensor.stride(dimension));
    }

    [Fact]
    public void The_meter_and_the_explanation_name_the_backend_that_ran()
    {
        SparsePattern dense = SparsePattern.Dense(37, 301);
        foreach (ScalarType dtype in new[] { ScalarType.Float32, ScalarType.Float16, ScalarType.BFloat16 })
        {
            foreach (int headDimension in new[] { 8, 48, 64, 128, 256 })
            {
                foreach (SparsePattern pattern in new[] { dense, Local(), dense.WithKeyBias(Bias(301)) })
                {
                    (Tensor q, Tensor k, Tensor v) = AttentionInTorch.Random(seed: 5, 1, 2, pattern, headDimension, dtype);
                    (q, k, v) = (q.cuda(), k.cuda(), v.cuda());
                    using var counted = new CountedBackends();
                    Tensor output = SparseAttention.Apply(q, k, v, pattern);
                    (Tensor ours, _) = SparseAttention.ApplyWithLogSumExp(q, k, v, pattern);
                    Assert.StartsWith(counted.Backends[0], SparseAttention.Explain(q, k, v, pattern), StringComparison.Ordinal);
                    Assert.StartsWith(counted.Backends[1], SparseAttention.Explain(q, k, v, pattern, withLogSumExp: true), StringComparison.Ordinal);
                    Assert.True(ReferenceEquals(pattern, dense) || counted.Backends[0] != "torch", counted.Backends[0]);
                    Assert.NotEqual("torch", counted.Backends[1]);
                    double error = AttentionInTorch.RelativeError(output, ours.to(ScalarType.Float64));
                    Assert.True(error <= (dtype == ScalarType.Float32 ? TorchFloat32 : TwiceBFloat16), $"{dtype}, head dimension {headDimension}: relative error {error:E2}");
                }
            }
        }
    }

    [Fact]
    public void A_query_without_keys_gives_zeros()
    {
        var mask = new bool[40, 90];
        for (int query = 0; query < 40; query++)
        {
            for (int key = 0; key < 90; key++)
                mask[query, key] = query % 7 != 3 && (query + key) % 3 == 0;
        }

        SparsePattern pattern = SparsePattern.FromDenseMask(mask, QueryTiles.Raster(40, 16));
        (Tensor q, Tensor k, Tensor v) = AttentionInTorch.Random(seed: 6, 1, 2, pattern, 64, ScalarType.BFloat16);
        Check(q, k, v, q.cuda(), k.cuda(), v.cuda(), pattern, "seed 6");
        (Tensor output, Tensor sums) = SparseAttention.ApplyWithLogSumExp(q.cuda(), k.cuda(), v.cuda(), pattern);
        Assert.True(output.select(2, 3).eq(0).all().item<bool>(), "a query without keys does not give zeros");
        Assert.True(sums.select(2, 3).isneginf().all().item<bool>(), "a query without keys does not give minus infinity");
    }

    [Fact]
    public void Tokens_and_distances_are_those_of_the_host()
    {
        for (int seed = 0; seed < 20; seed++)
        {
            manual_seed(seed);
            Tensor residual = randn(2, 5, 12, 9);
            Assert.Equal(RefinementTokens.OnHost(residual, new GridSize(17, 15), 0.5), RefinementTokens.OnDevice(residual.cuda(), new GridSize(17, 15), 0.5));
            Tensor first = randn(2, 30, 40), second = randn(2, 30, 40);
            double[] expected = BranchDistances.OnHost(first, second), actual = BranchDistances.OnDevice(first.cuda(), second.cuda());
            Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-4));
        }
    }

    [Theory]
    [InlineData(PrunedKeys.Absent, ScalarType.Float32, TorchFloat32)]
    [InlineData(PrunedKeys.ParentStandsIn, ScalarType.Float32, TorchFloat32)]
    [InlineData(PrunedKeys.Absent, ScalarType.BFloat16, TwiceBFloat16)]
    [InlineData(PrunedKeys.ParentStandsIn, ScalarType.BFloat16, TwiceBFloat16)]
    public void A_generation_reads_once_a_pruned_scale_and_never_for_attention(PrunedKeys pruned, ScalarType dtype, double allowed)
    {
        var schedule = ScaleSchedule.FromSides(1, 2, 4, 8, 12);
        Tensor onCpu = Generate(CPU, out _);
        Tensor onGpu = Generate(CUDA, out int[] reads);
        Assert.Equal([0, 0, 0, 1, 1], reads);
        double error = AttentionInTorch.RelativeError(onGpu.cpu(), onCpu.to(ScalarType.Float64));
        Assert.True(error <= allowed, $"relative error {error:E2}");

        Tensor Generate(Device device, out int[] hostReads)
        {
            manual_seed(8);
            VarAccelerator accelerator = new(
                new CrossScaleLocalAttention { Scales = ScaleChoice.Of(4) },
                new LatentDiscrepancyPruning(0.5) { Scales = ScaleChoice.Last(2), PrunedKeys = pruned });
            using VarGeneration generation = accelerator.Begin(schedule, layers: 1, heads: 2, guided: false);
            List<Tensor> outputs = [];
            for (int scale = 0; scale < schedule.Count; scale++)
            {
                ScaleStep step = generation.BeginScale(scale);
                Tensor all = randn([1, 2, schedule[scale].TokenCount, 64]).to(dtype).to(device);
                Tensor x = step.Gather(all, dimension: 2);
                Tensor attended = generation.AttendCached(0, x, x, x);
                outputs.Add(attended.flatten());
                generation.Residual(step.Gather(randn([1, 3, schedule[scale].TokenCount]).to(device), dimension: 2));
            }

            hostReads = [.. generation.Report.Scales.Select(scale => scale.HostReads)];
            return cat(outputs);
        }
    }

    private static DisposeScope BeginOnGpu()
    {
        Assert.SkipUnless(cuda.is_available(), "torch finds no CUDA device");
        return NewDisposeScope();
    }

    private static void Check(Tensor q, Tensor k, Tensor v, Tensor cudaQ, Tensor cudaK, Tensor cudaV, SparsePattern pattern, string what)
    {
        (Tensor output, Tensor logSumExp) = SparseAttention.ApplyWithLogSumExp(cudaQ, cudaK, cudaV, pattern);
        Assert.Equal(DeviceType.CUDA, output.device_type);
        Assert.Equal(q.dtype, output.dtype);
        (Tensor expected, Tensor expectedSums) = AttentionInTorch.Reference(q, k, v, pattern);
        double error = AttentionInTorch.RelativeError(output.cpu(), expected);
        double allowed = KernelTolerances.Relative(q.dtype switch
        {
            ScalarType.Float32 => AttentionElement.Float32,
            ScalarType.Float16 => AttentionElement.Float16,
            _ => AttentionElement.BFloat16,
        });
        Assert.True(error <= allowed, $"{what}: relative error {error:E2}, allowed {allowed:E2}");
        Tensor seen = expectedSums.isfinite();
        double off = ((logSumExp.cpu().to(ScalarType.Float64) - expectedSums).masked_select(seen).abs() / expectedSums.masked_select(seen).abs().clamp_min(1)).max().item<double>();
        Assert.True(off <= KernelTolerances.LogSumExp, $"{what}: log-sum-exp off by {off:E2}");
    }

    private static SparsePattern Local() => CrossScaleLocal.Create(ScaleSchedule.FromSides(1, 2, 4, 6, 8, 12), queryScale: 5, new() { SinkScales = 2 });

    private static float[] Bias(int keys) => [.. Enumerable.Range(0, keys).Select(key => (key % 5) - 2f)];
}
