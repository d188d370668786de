using static TorchSharp.torch;

namespace VarSparse.Torch.Tests;

internal static class TensorLeaks
{
    /// <summary>Runs an action and asserts that as many tensors live after it as before, none of them saved by the finalizer.</summary>
    public static void AssertNone(Action action)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        long before = Tensor.TotalCount;
        action();
        Assert.Equal(before, Tensor.TotalCount);
    }
}
