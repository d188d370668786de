using VarSparse.Kernels.Normalisation;
using VarSparse.Kernels.Runtime;
using VarSparse.Kernels.Tests.Attention;
using VarSparse.Kernels.Tests.Support;

namespace VarSparse.Kernels.Tests.Normalisation;

public sealed class LayerNormKernelTests(AttentionLab lab, KernelLab compilers)
{
    private static readonly CudaRows s_rows = new(256, 4096, 64);

    private static readonly CudaModulation s_modulation = new(s_rows with { TokenStride = 0 }, s_rows with { TokenStride = 0 }, 1e-6, OnePlusScale: true);

    public static TheoryData<string> Elements => [.. Enum.GetNames<AttentionElement>()];

    [Theory]
    [MemberData(nameof(Elements))]
    public void Steps_are_those_of_float64(string element)
    {
        using var stage = KernelStage.Simulated(lab);
        for (int seed = 0; seed < 12; seed++)
            LayerNormProblem.Random(Enum.Parse<AttentionElement>(element), seed, mostWidth: 200, mostTokens: 3).Check(stage);
    }

    [Theory]
    [MemberData(nameof(Elements))]
    public void Wide_rows_too(string element)
    {
        // Many threads are slow to simulate; a device has the widest.
        using var stage = KernelStage.Simulated(lab);
        foreach (int width in (int[])[1256, 517])
            LayerNormProblem.Wide(Enum.Parse<AttentionElement>(element), width, tokens: 1).Check(stage);
    }

    [Theory]
    [MemberData(nameof(Elements))]
    public void Steps_are_those_of_float64_on_a_device(string element)
    {
        using var stage = KernelStage.Device();
        var type = Enum.Parse<AttentionElement>(element);
        for (int seed = 0; seed < Seeds.Of(60); seed++)
            LayerNormProblem.Random(type, seed, mostWidth: seed % 2 == 0 ? 500 : 5000, mostTokens: 6).Check(stage);
        int widest = RowShare.Vectors * RowShare.VectorBytes * LayerNormKernels.MostThreads / ElementCodec.Size(type);
        foreach (int width in (int[])[widest, widest - 8, widest + 8, 3 * widest + 1])
            LayerNormProblem.Wide(type, width, tokens: 2).Check(stage);
    }

    [Fact]
    public void Rows_of_whole_vectors_are_held_in_registers()
    {
        Assert.Equal((nameof(LayerNormKernels.Modulate), 128), Choice(width: 2048, s_rows));
        Assert.Equal((nameof(LayerNormKernels.Modulate), 224), Choice(width: 3584, s_rows));
        Assert.Equal((nameof(LayerNormKernels.Modulate), 32), Choice(width: 8, s_rows));
        Assert.Equal((nameof(LayerNormKernels.Modulate), 1024), Choice(width: 16384, s_rows));
        Assert.Equal((nameof(AnyLayerNormKernel.Run), 256), Choice(width: 16392, s_rows));
        Assert.Equal((nameof(AnyLayerNormKernel.Run), 256), Choice(width: 2044, s_rows));
        Assert.Equal((nameof(AnyLayerNormKernel.Run), 256), Choice(width: 2048, s_rows with { Address = 264 }));
        Assert.Equal((nameof(AnyLayerNormKernel.Run), 256), Choice(width: 2048, s_rows with { TokenStride = 2052 }));
        Assert.Equal((nameof(AnyLayerNormKernel.Run), 32), Choice(width: 7, s_rows));

        static (string Kernel, int Threads) Choice(int width, CudaRows x)
        {
            var launch = LayerNormLaunches.Modulate(x, s_modulation, s_rows, new(1, 5, width, AttentionElement.BFloat16));
            return (launch.Kernel.Name, launch.Shape.BlockX);
        }
    }

    [Fact]
    public void Refuses_sizes_and_rows_that_do_not_fit()
    {
        Refuses("sizes: got 65536 batch entries, expected at most 65535.", s_rows, new(65536, 1, 64, AttentionElement.Float32));
        Refuses("sizes.Width: ", s_rows, new(1, 1, 0, AttentionElement.Float32));
        Refuses("x: got rows in one place (strides 4096, 0), expected rows to write apart.", s_rows with { TokenStride = 0 }, new(1, 2, 64, AttentionElement.Float32));
        Refuses("x: got strides -1, 64, expected 0 to 1073741823.", s_rows with { BatchStride = -1 }, new(1, 2, 64, AttentionElement.Float32));

        static void Refuses(string message, CudaRows x, CudaRowSizes sizes) => Assert.StartsWith(
            message, Assert.ThrowsAny<ArgumentException>(() => LayerNormLaunches.AddGated(x, s_rows, s_rows, sizes)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Ptx_keeps_to_registers_and_takes_its_parameters()
    {
        foreach (KernelLaunch<LayerNormParameters> launch in AllLaunches().Select(pair => pair.Launch))
            LaunchedPtx.Check(compilers, launch);
    }

    [Fact]
    public void Ptx_is_dumped_on_demand()
    {
        string? folder = Environment.GetEnvironmentVariable(PtxDump.FolderVariable);
        Assert.SkipWhen(folder is null, $"{PtxDump.FolderVariable} names no folder");
        Directory.CreateDirectory(folder);
        foreach ((string name, KernelLaunch<LayerNormParameters> launch) in AllLaunches())
            File.WriteAllText(Path.Combine(folder, $"{name}.ptx"), compilers.Compiler.Compile(launch.Kernel, PtxTarget.Sm90a, launch.Bounds).Text);
    }

    private static IEnumerable<(string Name, KernelLaunch<LayerNormParameters> Launch)> AllLaunches()
    {
        foreach (AttentionElement element in Enum.GetValues<AttentionElement>())
        {
            foreach (int width in (int[])[64, 8192, 63])
            {
                var sizes = new CudaRowSizes(1, 1, width, element);
                foreach (var launch in (KernelLaunch<LayerNormParameters>[])[
                    LayerNormLaunches.Modulate(s_rows, s_modulation, s_rows, sizes),
                    LayerNormLaunches.AddGated(s_rows, s_rows, s_rows, sizes),
                    LayerNormLaunches.AddGatedAndModulate(s_rows, s_rows, s_rows, s_modulation, s_rows, sizes)])
                {
                    yield return ($"{launch.Kernel.DeclaringType!.Name}.{launch.Kernel.Name}.{element}.{launch.Bounds.MaxThreads}", launch);
                }
            }
        }
    }
}
