using VarSparse.Kernels.Intrinsics;
using VarSparse.Kernels.Intrinsics.Emulation;

namespace VarSparse.Kernels.Tests.Intrinsics;

/// <summary>What the CPU bodies refuse, and the phases of their barrier, without an accelerator (where an exception ends the process).</summary>
public sealed class EmulationTests
{
    [Fact]
    public void Phase_ends_with_the_last_arrival_and_the_next_begins()
    {
        long word = 0;
        SoftwareAsyncBarrier.Initialize(ref word, 2);
        Assert.True(SoftwareAsyncBarrier.HasEnded(ref word, 1));
        for (int phase = 0; phase < 5; phase++)
        {
            Assert.False(SoftwareAsyncBarrier.HasEnded(ref word, phase & 1));
            SoftwareAsyncBarrier.Update(ref word, arrivals: 1, bytes: 0);
            Assert.False(SoftwareAsyncBarrier.HasEnded(ref word, phase & 1));
            SoftwareAsyncBarrier.Update(ref word, arrivals: 1, bytes: 0);
            Assert.True(SoftwareAsyncBarrier.HasEnded(ref word, phase & 1));
        }
    }

    [Fact]
    public void Phase_waits_for_announced_bytes_in_whatever_order_they_come()
    {
        long word = 0;
        SoftwareAsyncBarrier.Initialize(ref word, 1);
        SoftwareAsyncBarrier.Update(ref word, arrivals: 0, bytes: -64);
        SoftwareAsyncBarrier.Update(ref word, arrivals: 1, bytes: 1 << 20);
        Assert.False(SoftwareAsyncBarrier.HasEnded(ref word, 0));
        SoftwareAsyncBarrier.Update(ref word, arrivals: 0, bytes: 64 - (1 << 20));
        Assert.True(SoftwareAsyncBarrier.HasEnded(ref word, 0));
    }

    [Fact]
    public void Arrivals_on_a_barrier_never_made_are_refused()
    {
        long word = 0;
        Assert.Throws<InvalidOperationException>(() => SoftwareAsyncBarrier.Update(ref word, arrivals: 1, bytes: 0));
    }

    [Fact]
    public void Addresses_and_arguments_that_the_hardware_refuses_are_refused()
    {
        Assert.Throws<InvalidOperationException>(() => GlobalBytes.Load16(8));
        Assert.Throws<InvalidOperationException>(() => SharedBytes.Load4(SoftwareGroup.BaseAddress));
        Assert.Throws<ArgumentOutOfRangeException>(() => AsyncCopy.Copy16(SoftwareGroup.BaseAddress, 0, 17));
        Assert.Throws<ArgumentOutOfRangeException>(() => AsyncCopy.CopyBulk(SoftwareGroup.BaseAddress, 0, 24, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => NamedBarrier.Arrive(1, 33));
        Assert.Throws<ArgumentOutOfRangeException>(() => RegisterBudget.Increase(100));
    }
}
