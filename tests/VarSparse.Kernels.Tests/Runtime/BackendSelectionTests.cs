using VarSparse.Kernels.Runtime;

namespace VarSparse.Kernels.Tests.Runtime;

public sealed class BackendSelectionTests
{
    private const int HopperShared = 232448;
    private const int AdaShared = 101376;

    [Theory]
    [InlineData(9, 0, HopperShared, nameof(AttentionElement.BFloat16), 128, "Hopper Ampere Portable", "")]
    [InlineData(9, 0, HopperShared, nameof(AttentionElement.Float16), 64, "Hopper Ampere Portable", "")]
    [InlineData(9, 0, HopperShared, nameof(AttentionElement.BFloat16), 80, "Ampere Portable",
        "Hopper kernel not used: head dimension 80 is not 64 or 128")]
    [InlineData(8, 9, AdaShared, nameof(AttentionElement.BFloat16), 128, "Ampere Portable",
        "Hopper kernel not used: compute capability 8.9 is not 9.0")]
    [InlineData(12, 0, AdaShared, nameof(AttentionElement.Float16), 256, "Ampere Portable",
        "Hopper kernel not used: compute capability 12.0 is not 9.0")]
    [InlineData(9, 0, HopperShared, nameof(AttentionElement.Float32), 128, "Portable",
        "Hopper kernel not used: element type Float32 is not Float16 or BFloat16; "
        + "Ampere kernel not used: element type Float32 is not Float16 or BFloat16")]
    [InlineData(7, 5, 65536, nameof(AttentionElement.Float16), 128, "Portable",
        "Hopper kernel not used: compute capability 7.5 is not 9.0; "
        + "Ampere kernel not used: compute capability 7.5 is below 8.0")]
    [InlineData(8, 6, AdaShared, nameof(AttentionElement.BFloat16), 72, "Portable",
        "Hopper kernel not used: compute capability 8.6 is not 9.0; "
        + "Ampere kernel not used: head dimension 72 is not a multiple of 16 up to 256")]
    [InlineData(9, 0, 70000, nameof(AttentionElement.BFloat16), 128, "Ampere Portable",
        "Hopper kernel not used: head dimension 128 needs 232176 bytes of shared memory per block, the device allows 70000")]
    [InlineData(8, 0, 49152, nameof(AttentionElement.BFloat16), 256, "Portable",
        "Hopper kernel not used: compute capability 8.0 is not 9.0; "
        + "Ampere kernel not used: head dimension 256 needs 98560 bytes of shared memory per block, the device allows 49152")]
    public void Candidates_come_in_order_with_reasons(
        int major, int minor, int shared, string element, int headDimension, string usable, string reasons)
    {
        BackendSelection selection = BackendSelection.For(
            new ComputeCapability(major, minor), shared, Enum.Parse<AttentionElement>(element), headDimension);

        Assert.Equal(usable, string.Join(' ', selection.Usable));
        Assert.Equal(reasons, string.Join("; ", selection.Candidates.Where(candidate => !candidate.IsUsable)));
        Assert.Equal(
            [AttentionBackend.Hopper, AttentionBackend.Ampere, AttentionBackend.Portable],
            selection.Candidates.Select(candidate => candidate.Backend));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-16)]
    [InlineData(272)]
    public void Where_nothing_fits_every_reason_is_given(int headDimension)
    {
        BackendSelection selection = BackendSelection.For(new ComputeCapability(9, 0), HopperShared, AttentionElement.Float16, headDimension);

        Assert.Empty(selection.Usable);
        Assert.Equal(
            [
                $"Hopper kernel not used: head dimension {headDimension} is not 64 or 128",
                $"Ampere kernel not used: head dimension {headDimension} is not a multiple of 16 up to 256",
                $"Portable kernel not used: head dimension {headDimension} is not between 1 and 256",
            ],
            selection.Candidates.Select(candidate => candidate.ToString()));
    }

    [Fact]
    public void A_device_is_asked_for_its_own_limits()
    {
        using var driver = new FakeCudaDriver();
        using CudaDevice device = CudaDevice.Open(driver, 0);
        using var small = new FakeCudaDriver { SharedMemoryPerBlockOptIn = 0 };
        using CudaDevice smallDevice = CudaDevice.Open(small, 0);

        Assert.Equal(AttentionBackend.Hopper, BackendSelection.For(device.Properties, AttentionElement.BFloat16, 64).Usable.First());
        Assert.Equal(AttentionBackend.Ampere, BackendSelection.For(smallDevice.Properties, AttentionElement.BFloat16, 64).Usable.First());
    }
}
