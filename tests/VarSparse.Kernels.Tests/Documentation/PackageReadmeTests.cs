using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using VarSparse.Kernels.Intrinsics;
using VarSparse.Tests;

namespace VarSparse.Kernels.Tests.Documentation;

/// <summary>The code of the package's README, compiled and run.</summary>
public sealed class PackageReadmeTests
{
    [Fact]
    public void A_kernel_of_ones_own_uses_our_intrinsics()
    {
        using Context context = Context.Create(builder => builder.Cuda().Optimize(OptimizationLevel.O1));
        IntrinsicRegistry.Register(context); // before the first accelerator of the context

        static void Kernel(ArrayView<float> data)
        {
            data[Grid.GlobalIndex.X] = FastMath.Exp2(data[Grid.GlobalIndex.X]);
        }

        using Accelerator accelerator = context.GetPreferredDevice(preferCPU: false).CreateAccelerator(context);
        using MemoryBuffer1D<float, Stride1D.Dense> data = accelerator.Allocate1D([0f, 1f, 2f, 3f]);
        accelerator.LoadStreamKernel<ArrayView<float>>(Kernel)(new KernelConfig(1, 4), data.View);
        accelerator.Synchronize();

        Assert.Equal([1f, 2f, 4f, 8f], data.GetAsArray1D());
    }

    [Fact]
    public void It_is_the_code_of_the_readme() =>
        MarkdownCode.IsCompiledIn("src/VarSparse.Kernels/README.md", "tests/VarSparse.Kernels.Tests/Documentation", blocks: 1);
}
