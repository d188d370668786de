using System.Runtime.Intrinsics;
using TorchSharp;
using VarSparse.Attention;
using VarSparse.Kernels;
using VarSparse.Patterns;
using VarSparse.Torch.Interop;

namespace VarSparse.Benchmarks.Advice;

/// <summary>Who computes attention.</summary>
internal static class Backend
{
    public static string Dense(ScaleTimes times) => times.TorchDense <= times.OurDense ? "torch" : "VarSparse's dense pattern";

    /// <summary>The width of vectors on a CPU; on a GPU the kernel.</summary>
    public static string Sparse(Problem problem)
    {
        if (problem.Device.type != DeviceType.CUDA)
            return $"the CPU with vectors of {(Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : 128)} bits";

        // Addresses and the number of heads do not matter to the choice; tensors of torch start at multiples of 16 bytes.
        SparsePattern pattern = CrossScaleLocal.Create(problem.Schedule, problem.Schedule.Count - 1);
        CudaTensor queries = new(0, AttentionLayout.HeadsFirst(1, 1, pattern.QueryCount, problem.HeadDimension));
        CudaTensor keys = new(0, AttentionLayout.HeadsFirst(1, 1, pattern.KeyCount, problem.HeadDimension));
        string explained = CudaDevices.For(problem.Device.index).Explain(queries, keys, keys, pattern, queries, CudaDevices.ElementOf(problem.Type));
        return "the GPU, " + explained.Split(';')[0];
    }
}
