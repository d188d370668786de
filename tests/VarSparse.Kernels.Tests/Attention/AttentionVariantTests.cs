using VarSparse.Kernels.Attention;
using VarSparse.Kernels.Attention.Ampere;
using VarSparse.Kernels.Attention.Portable;
using VarSparse.Kernels.Attention.Uncovered;
using VarSparse.Kernels.Runtime;
using VarSparse.Kernels.Tests.Support;

namespace VarSparse.Kernels.Tests.Attention;

public sealed class AttentionVariantTests(KernelLab compilers)
{
    // The least that devices from 8.0 on allow a group: 8.6, 8.9 and 12.0.
    private const int SmallestOptIn = 101376;

    [Theory]
    [InlineData(1, 64, 30, 64, 24832)]
    [InlineData(2, 128, 60, 64, 49408)]
    [InlineData(3, 128, 90, 64, 49408)]
    [InlineData(2, 256, 60, 128, 98560)]
    public void Ampere_launch_covers_all_words(int words, int dimension, int groups, int threads, int sharedBytes)
    {
        AttentionParameters parameters = Parameters(words);
        AmpereVariant variant = AmpereVariant.For(AttentionElement.BFloat16, dimension, hasBias: true, hasMask: true);
        Assert.Equal(new LaunchShape(groups, 24, 2, threads, 1, 1, sharedBytes), variant.Shape(parameters));
        Assert.Null(variant.WhyNot(parameters));
    }

    [Fact]
    public void Every_ampere_variant_fits_the_smallest_device()
    {
        for (int dimension = 16; dimension <= 256; dimension += 16)
        {
            foreach (bool hasBias in (bool[])[false, true])
                Assert.InRange(AmpereVariant.For(AttentionElement.Float16, dimension, hasBias, hasMask: true).SharedBytes, 1, SmallestOptIn);
        }
    }

    [Fact]
    public void Portable_launch_covers_all_words() => Assert.Equal(
        new LaunchShape(90, 24, 2, 128, 1, 1, 0), PortableVariant.For(AttentionElement.Float32, 40).Shape(Parameters(3)));

    // A group may have 227 KB of shared memory. A head has 30 tiles of one or two units, and 131 is the next number that has no divisor in common
    // with them; 143 groups in place of 144 would take a round more.
    [Theory]
    [InlineData(64, 3, 132, 131, 117488)]
    [InlineData(64, 3, 10000, 2880, 117488)]
    [InlineData(128, 2, 132, 131, 232176)]
    [InlineData(128, 2, 137, 137, 232176)]
    [InlineData(128, 2, 144, 144, 232176)]
    public void Hopper_groups_stay_on_their_multiprocessors(int dimension, int words, int multiprocessors, int groups, int sharedBytes)
    {
        var variant = HopperVariant.For(AttentionElement.BFloat16, dimension, hasBias: false, hasMask: true, multiprocessors);
        AttentionParameters parameters = Parameters(words);
        Assert.Equal(new LaunchShape(groups, 1, 1, 384, 1, 1, sharedBytes), variant.Shape(parameters));
        Assert.Null(variant.WhyNot(parameters));
    }

    [Fact]
    public void Hopper_takes_tiles_of_one_word_in_pairs_where_there_are_many_and_no_mask()
    {
        // 2 batch entries, 24 heads, 30 tiles: 1440 units of work.
        AttentionVariant Hopper(int multiprocessors) =>
            HopperVariant.For(AttentionElement.BFloat16, 64, hasBias: false, hasMask: false, multiprocessors);
        Assert.True(Hopper(132).TakesPairs(Parameters(1)));
        Assert.True(Hopper(1439).TakesPairs(Parameters(1)));

        // One round as one, and two rounds of pairs in place of three of tiles: that gains nothing.
        Assert.False(Hopper(1440).TakesPairs(Parameters(1)));
        Assert.False(Hopper(480).TakesPairs(Parameters(1)));
        Assert.False(Hopper(1).TakesPairs(Parameters(1) with { TileCount = 1 }));
        Assert.False(Hopper(132).TakesPairs(Parameters(2)));
        Assert.False(Hopper(132).TakesPairs(Parameters(1) with { MaskFragments = 256 }));
        Assert.False(AmpereVariant.For(AttentionElement.BFloat16, 64, hasBias: false, hasMask: false).TakesPairs(Parameters(1)));
        Assert.False(PortableVariant.For(AttentionElement.BFloat16, 64).TakesPairs(Parameters(1)));
    }

    [Fact]
    public void Hopper_leaves_scales_that_turn_scores_around_to_others()
    {
        var variant = HopperVariant.For(AttentionElement.BFloat16, 64, hasBias: false, hasMask: true, multiprocessors: 132);
        Assert.Equal("the scale is not positive (0 times log2 e)", variant.WhyNot(Parameters(1) with { ScaleLog2 = 0 }));
        Assert.Equal("the scale is not positive (-1 times log2 e)", variant.WhyNot(Parameters(1) with { ScaleLog2 = -1 }));
    }

    [Fact]
    public void Hopper_leaves_more_work_than_32_bits_can_number_to_others()
    {
        var variant = HopperVariant.For(AttentionElement.BFloat16, 64, hasBias: false, hasMask: true, multiprocessors: 132);
        AttentionParameters many = Parameters(1) with { Batch = 64, Heads = 256, TileCount = 200_000 };
        Assert.Equal("3276800000 units of work are more than 2147483647", variant.WhyNot(many));
        Assert.Null(variant.WhyNot(many with { TileCount = 100_000 }));
        Assert.Null(AmpereVariant.For(AttentionElement.BFloat16, 64, hasBias: false, hasMask: true).WhyNot(many));
    }

    [Fact]
    public void A_pattern_without_tiles_has_an_empty_grid()
    {
        AttentionParameters parameters = Parameters(0) with { TileCount = 0 };
        Assert.Equal(0, AmpereVariant.For(AttentionElement.Float16, 64, false, true).Shape(parameters).GridX);
        Assert.Equal(0, HopperVariant.For(AttentionElement.Float16, 64, false, true, 132).Shape(parameters).GridX);
        Assert.Equal(0, PortableVariant.For(AttentionElement.Float16, 64).Shape(parameters).GridX);
    }

    [Fact]
    public void Says_why_not()
    {
        AmpereVariant variant = AmpereVariant.For(AttentionElement.Float16, 256, hasBias: false, hasMask: true);
        Assert.Equal(
            "rows of k do not start at multiples of 16 bytes (strides 65536, 128, 4)",
            variant.WhyNot(Parameters(1) with { KeyBatchStride = 65536, KeyHeadStride = 128, KeyTokenStride = 4 }));
        Assert.StartsWith("rows of output do not", variant.WhyNot(Parameters(1) with { Output = 264 }), StringComparison.Ordinal);
        Assert.Equal(
            "tokens of v are 2147483648 elements apart, 2^31 or more",
            variant.WhyNot(Parameters(1) with { ValueTokenStride = 1L << 31 }));
        Assert.Equal(
            "2 batch entries and 70000 heads are more than the 65535 that a grid can have",
            PortableVariant.For(AttentionElement.Float32, 8).WhyNot(Parameters(1) with { Heads = 70000 }));
    }

    [Fact]
    public void Refuses_what_no_kernel_exists_for()
    {
        Assert.Equal(
            "headDimension: got 72, expected a multiple of 16 up to 256.",
            Assert.Throws<NotSupportedException>(() => AmpereVariant.For(AttentionElement.Float16, 72, false, true)).Message);
        Assert.Equal(
            "element: got Float32, expected Float16 or BFloat16.",
            Assert.Throws<NotSupportedException>(() => AmpereVariant.For(AttentionElement.Float32, 64, false, true)).Message);
        Assert.Equal(
            "headDimension: got 80, expected 64 or 128.",
            Assert.Throws<NotSupportedException>(() => HopperVariant.For(AttentionElement.Float16, 80, false, true, 132)).Message);
        Assert.Equal(
            "headDimension: got 264, expected a multiple of 8 up to 256.",
            Assert.Throws<NotSupportedException>(() => PortableVariant.For(AttentionElement.Float32, 264)).Message);
    }

    [Fact]
    public void Uncovered_queries_are_a_launch_of_their_own()
    {
        AttentionParameters parameters = Parameters(1);
        Assert.Equal(new LaunchShape(7, 24, 2, 32, 1, 1, 0), UncoveredQueries.Shape(parameters, 7));
        foreach (AttentionElement element in Enum.GetValues<AttentionElement>())
        {
            PtxKernel kernel = compilers.Compiler.Compile(UncoveredQueries.Kernel(element), PtxTarget.Sm80, UncoveredQueries.Bounds);
            PtxAssert.KeepsRegisters(kernel);
            var arguments = default(LaunchArguments);
            UncoveredQueries.AddArguments(parameters, 256, 64, ref arguments);
            LaunchAssert.Takes(kernel, arguments);
        }
    }

    private static AttentionParameters Parameters(int words) => new()
    {
        Queries = 256,
        Keys = 256,
        Values = 256,
        Output = 256,
        Batch = 2,
        Heads = 24,
        TileCount = 30,
        WordsPerTile = words,
        ScaleLog2 = 0.125f,
    };
}
