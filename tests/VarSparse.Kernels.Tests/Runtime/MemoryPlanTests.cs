using VarSparse.Kernels.Runtime;

namespace VarSparse.Kernels.Tests.Runtime;

public sealed class MemoryPlanTests
{
    [Fact]
    public void Arrays_lie_apart_on_aligned_addresses()
    {
        var plan = default(MemoryPlan);
        Assert.Equal([0, 256, 512, 1280], [plan.Reserve<byte>(1), plan.Reserve<int>(64), plan.Reserve<long>(65), plan.Reserve<byte>(256)]);
        Assert.Equal(1536, plan.Bytes);
    }

    [Fact]
    public void An_empty_array_has_an_address_of_its_own_inside_the_memory()
    {
        var plan = default(MemoryPlan);
        Assert.Equal([0, 256, 512], [plan.Reserve<int>(0), plan.Reserve<int>(1), plan.Reserve<int>(0)]);
        Assert.Equal(768, plan.Bytes);
    }

    [Fact]
    public void More_bytes_than_a_number_holds_are_an_overflow()
    {
        var plan = default(MemoryPlan);
        Assert.Throws<OverflowException>(() => plan.Reserve<long>(long.MaxValue / 8 + 1));
        Assert.Throws<OverflowException>(() => plan.Reserve<byte>(long.MaxValue));
    }
}
