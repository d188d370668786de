using System.Reflection;
using VarSparse.Kernels.Intrinsics;
using VarSparse.Kernels.Runtime;
using VarSparse.Kernels.Selection;
using VarSparse.Patterns;

namespace VarSparse.Kernels.Normalisation;

/// <summary>Which kernel runs rows, and how it is launched. Bound kernels are kept: binding one costs more than launching it.</summary>
internal static class LayerNormLaunches
{
    /// <summary>A launch's limit along y.</summary>
    private const int MostBatch = 65535;

    /// <summary>Rows of up to 4096 elements of 16 bits: 48 registers a thread, with which so many groups fit that some are always reading.</summary>
    private static readonly LaunchBounds s_usual = new(MaxThreads: 256, MinGroupsPerMultiprocessor: 5);

    private static readonly LaunchBounds s_wide = new(LayerNormKernels.MostThreads);

    private static readonly KernelsOfElement[] s_kernels = [.. Enum.GetValues<AttentionElement>().Select(element => new KernelsOfElement(element))];

    public static KernelLaunch<LayerNormParameters> Modulate(in CudaRows x, in CudaModulation modulation, in CudaRows output, in CudaRowSizes sizes)
    {
        CheckWritten(output, sizes, nameof(output));
        LayerNormParameters parameters = Parameters(x, sizes);
        SetModulation(ref parameters, modulation, output, sizes.Element);
        return Launch(parameters, sizes, s_kernels[(int)sizes.Element].Modulate);
    }

    public static KernelLaunch<LayerNormParameters> AddGated(in CudaRows x, in CudaRows branch, in CudaRows gate, in CudaRowSizes sizes)
    {
        CheckWritten(x, sizes, nameof(x));
        LayerNormParameters parameters = Parameters(x, sizes);
        SetBranch(ref parameters, branch, gate, sizes.Element);
        return Launch(parameters, sizes, s_kernels[(int)sizes.Element].AddGated);
    }

    public static KernelLaunch<LayerNormParameters> AddGatedAndModulate(
        in CudaRows x, in CudaRows branch, in CudaRows gate, in CudaModulation modulation, in CudaRows output, in CudaRowSizes sizes)
    {
        CheckWritten(x, sizes, nameof(x));
        CheckWritten(output, sizes, nameof(output));
        LayerNormParameters parameters = Parameters(x, sizes);
        SetBranch(ref parameters, branch, gate, sizes.Element);
        SetModulation(ref parameters, modulation, output, sizes.Element);
        return Launch(parameters, sizes, s_kernels[(int)sizes.Element].AddGatedAndModulate);
    }

    private static LayerNormParameters Parameters(in CudaRows x, in CudaRowSizes sizes)
    {
        Require.AtLeastOne(sizes.Batch);
        Require.AtLeastOne(sizes.Tokens);
        Require.AtLeastOne(sizes.Width);
        if (sizes.Batch > MostBatch)
            throw new ArgumentException($"sizes: got {sizes.Batch} batch entries, expected at most {MostBatch}.", nameof(sizes));
        return new() { X = Rows(x, sizes.Element, nameof(x)), Width = sizes.Width, InverseWidth = 1f / sizes.Width };
    }

    private static void SetBranch(ref LayerNormParameters parameters, in CudaRows branch, in CudaRows gate, AttentionElement element)
    {
        parameters.Branch = Rows(branch, element, nameof(branch));
        parameters.Gate = Rows(gate, element, nameof(gate));
    }

    private static void SetModulation(ref LayerNormParameters parameters, in CudaModulation modulation, in CudaRows output, AttentionElement element)
    {
        parameters.Scale = Rows(modulation.Scale, element, "scale");
        parameters.Shift = Rows(modulation.Shift, element, "shift");
        parameters.Output = Rows(output, element, nameof(output));
        parameters.Eps = (float)modulation.Eps;
        parameters.ScaleOffset = modulation.OnePlusScale ? 1 : 0;
    }

    private static KernelLaunch<LayerNormParameters> Launch(in LayerNormParameters parameters, in CudaRowSizes sizes, MethodInfo inRegisters)
    {
        long rowBytes = (long)sizes.Width * ElementBytes(sizes.Element);
        bool fits = IsWhole(rowBytes) && rowBytes <= RowShare.Vectors * RowShare.VectorBytes * LayerNormKernels.MostThreads
            && AreWhole(parameters.X) && AreWhole(parameters.Branch) && AreWhole(parameters.Gate)
            && AreWhole(parameters.Scale) && AreWhole(parameters.Shift) && AreWhole(parameters.Output);
        if (!fits)
        {
            int oneEach = WholeWarps(Math.Min(sizes.Width, AnyLayerNormKernel.MostThreads));
            return new(s_kernels[(int)sizes.Element].Any, new LaunchBounds(AnyLayerNormKernel.MostThreads), Shape(sizes, oneEach), parameters);
        }

        int threads = WholeWarps(QueryTiles.CeilingDivide((int)rowBytes, RowShare.Vectors * RowShare.VectorBytes));
        return new(inRegisters, threads <= s_usual.MaxThreads ? s_usual : s_wide, Shape(sizes, threads), parameters);
    }

    private static int WholeWarps(int threads) => QueryTiles.CeilingDivide(threads, GroupScan.LanesPerWarp) * GroupScan.LanesPerWarp;

    private static LaunchShape Shape(in CudaRowSizes sizes, int threads) => new(sizes.Tokens, sizes.Batch, 1, threads, 1, 1, 0);

    private static bool AreWhole(in RowsParameters rows) => IsWhole((long)rows.Address) && IsWhole(rows.BatchBytes) && IsWhole(rows.TokenBytes);

    private static bool IsWhole(long bytes) => bytes % RowShare.VectorBytes == 0;

    private static RowsParameters Rows(in CudaRows rows, AttentionElement element, string name)
    {
        int bytes = ElementBytes(element);
        long most = uint.MaxValue / bytes;
        if (rows.BatchStride < 0 || rows.BatchStride > most || rows.TokenStride < 0 || rows.TokenStride > most)
            throw new ArgumentException($"{name}: got strides {rows.BatchStride}, {rows.TokenStride}, expected 0 to {most}.", name);
        return new() { Address = rows.Address, BatchBytes = (uint)(rows.BatchStride * bytes), TokenBytes = (uint)(rows.TokenStride * bytes) };
    }

    private static int ElementBytes(AttentionElement element) => element == AttentionElement.Float32 ? sizeof(float) : sizeof(ushort);

    private static void CheckWritten(in CudaRows rows, in CudaRowSizes sizes, string name)
    {
        if ((sizes.Batch > 1 && rows.BatchStride == 0) || (sizes.Tokens > 1 && rows.TokenStride == 0))
            throw new ArgumentException($"{name}: got rows in one place (strides {rows.BatchStride}, {rows.TokenStride}), expected rows to write apart.", name);
    }

    /// <summary>The kernels of an element type.</summary>
    private sealed class KernelsOfElement(AttentionElement element)
    {
        public MethodInfo Modulate { get; } = InRegisters(nameof(LayerNormKernels.Modulate), element);

        public MethodInfo AddGated { get; } = InRegisters(nameof(LayerNormKernels.AddGated), element);

        public MethodInfo AddGatedAndModulate { get; } = InRegisters(nameof(LayerNormKernels.AddGatedAndModulate), element);

        public MethodInfo Any { get; } =
            typeof(AnyLayerNormKernel).GetMethod(nameof(AnyLayerNormKernel.Run))!.MakeGenericMethod(DeviceElements.Of(element));

        private static MethodInfo InRegisters(string name, AttentionElement element) =>
            typeof(LayerNormKernels).GetMethod(name)!.MakeGenericMethod(element switch
            {
                AttentionElement.Float32 => typeof(SingleWord),
                AttentionElement.Float16 => typeof(PairWord<Fp16>),
                _ => typeof(PairWord<Bf16>),
            });
    }
}
