using VarSparse.Kernels.Attention;
using VarSparse.Kernels.Runtime;

namespace VarSparse.Kernels.Tests.Attention;

public sealed class VariantChoiceTests
{
    private const int HopperShared = 232448;
    private const int AdaShared = 101376;

    [Theory]
    [InlineData(9, 0, HopperShared, "BFloat16", 128, "Hopper")]
    [InlineData(9, 0, HopperShared, "Float16", 80, "Ampere")]
    [InlineData(9, 0, HopperShared, "BFloat16", 72, "Portable")]
    [InlineData(9, 0, HopperShared, "Float32", 128, "Portable")]
    [InlineData(8, 9, AdaShared, "BFloat16", 128, "Ampere")]
    [InlineData(12, 0, AdaShared, "BFloat16", 256, "Ampere")]
    [InlineData(7, 5, 65536, "Float16", 64, "Portable")]
    public void Picks_the_best_kernel_of_the_device(int major, int minor, int shared, string element, int dimension, string backend)
    {
        var choice = new VariantChoice(Device(major, minor, shared));
        AttentionVariant variant = choice.Pick(Enum.Parse<AttentionElement>(element), dimension, Problem);
        Assert.Equal(backend, variant.Backend.ToString());
        Assert.Equal((Enum.Parse<AttentionElement>(element), dimension), (variant.Element, variant.HeadDimension));
        Assert.StartsWith($"{backend} kernel used", choice.Explain(variant.Element, dimension, Problem).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_problem_that_does_not_suit_the_best_kernel_goes_to_the_next()
    {
        var choice = new VariantChoice(Device(9, 0, HopperShared));
        Assert.Equal(AttentionBackend.Ampere, choice.Pick(AttentionElement.BFloat16, 128, Problem with { ScaleLog2 = -1 }).Backend);
        Assert.Equal(
            "Ampere kernel used; Hopper kernel not used: the scale is not positive (-1 times log2 e)",
            choice.Explain(AttentionElement.BFloat16, 128, Problem with { ScaleLog2 = -1 }).ToString());
        AttentionParameters askew = Problem with { KeyTokenStride = 132 };
        Assert.Equal(AttentionBackend.Portable, choice.Pick(AttentionElement.BFloat16, 128, askew).Backend);
        Assert.Equal(
            "Portable kernel used; Hopper kernel not used: rows of k do not start at multiples of 16 bytes (strides 0, 0, 132); "
            + "Ampere kernel not used: rows of k do not start at multiples of 16 bytes (strides 0, 0, 132)",
            choice.Explain(AttentionElement.BFloat16, 128, askew).ToString());
    }

    [Fact]
    public void What_no_kernel_runs_says_every_reason()
    {
        var choice = new VariantChoice(Device(9, 0, HopperShared));
        string message = Assert.Throws<NotSupportedException>(() => choice.Pick(AttentionElement.Float32, 64, Problem with { Heads = 70000 })).Message;
        Assert.Equal($"No kernel runs this on Test device: {choice.Explain(AttentionElement.Float32, 64, Problem with { Heads = 70000 })}", message);
        Assert.Contains("no kernel can run this; ", message, StringComparison.Ordinal);
        Assert.Contains("Portable kernel not used: 2 batch entries and 70000 heads are more than the 65535 that a grid can have", message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_question_gets_the_same_kernel()
    {
        var choice = new VariantChoice(Device(9, 0, HopperShared));
        Assert.Same(choice.Pick(AttentionElement.BFloat16, 128, Problem), choice.Pick(AttentionElement.BFloat16, 128, Problem with { Heads = 3 }));
        Assert.NotSame(choice.Pick(AttentionElement.BFloat16, 128, Problem), choice.Pick(AttentionElement.BFloat16, 128, Problem with { KeyBias = 256 }));
    }

    [Theory]
    [InlineData("BFloat16")]
    [InlineData("Float16")]
    [InlineData("Float32")]
    public void Limits_of_backends_are_those_of_their_variants(string elementName)
    {
        var element = Enum.Parse<AttentionElement>(elementName);
        foreach (IGrouping<(AttentionBackend Backend, int HeadDimension), AttentionVariant> variants in
            AllVariants.Of(element).GroupBy(variant => (variant.Backend, variant.HeadDimension)))
        {
            // With as much shared memory as the least of them needs a backend is usable, with a byte less it says what it needs.
            (AttentionBackend backend, int dimension) = variants.Key;
            int needed = variants.Min(variant => variant.SharedBytes);
            BackendCandidate Candidate(int shared) => BackendSelection.For(new ComputeCapability(9, 0), shared, element, dimension)
                .Candidates.Single(candidate => candidate.Backend == backend);
            Assert.True(Candidate(needed).IsUsable, $"{backend}, {dimension}: {Candidate(needed)}");
            if (needed > 0)
                Assert.EndsWith($"head dimension {dimension} needs {needed} bytes of shared memory per block, the device allows {needed - 1}", Candidate(needed - 1).WhyNot, StringComparison.Ordinal);
        }
    }

    private static AttentionParameters Problem => new()
    {
        Queries = 256,
        Keys = 256,
        Values = 256,
        Output = 256,
        Batch = 2,
        Heads = 24,
        TileCount = 30,
        WordsPerTile = 2,
        ScaleLog2 = 0.125f,
    };

    private static CudaDeviceProperties Device(int major, int minor, int shared) => new()
    {
        Ordinal = 0,
        Name = "Test device",
        ComputeCapability = new ComputeCapability(major, minor),
        MultiprocessorCount = 132,
        MaxThreadsPerBlock = 1024,
        SharedMemoryPerBlock = 49152,
        SharedMemoryPerBlockOptIn = shared,
        SharedMemoryPerMultiprocessor = 233472,
        L2CacheBytes = 50 << 20,
        MemoryBytes = 80L << 30,
        DriverVersion = 13000,
    };
}
