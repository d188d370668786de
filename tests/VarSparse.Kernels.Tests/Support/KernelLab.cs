using System.Reflection;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using VarSparse.Kernels.Runtime;
using VarSparse.Kernels.Tests.Support;

[assembly: AssemblyFixture(typeof(KernelLab))]

namespace VarSparse.Kernels.Tests.Support;

/// <summary>One PTX compiler and one simulated multiprocessor of sixteen 32-lane warps, shared by all tests of the assembly.</summary>
public sealed class KernelLab : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Context _context = Context.Create(builder => builder.CPU(new CPUDevice(32, 16, 1)));
    private readonly CPUAccelerator _accelerator;

    public KernelLab() => _accelerator = _context.CreateCPUAccelerator(0, CPUAcceleratorMode.Parallel);

    internal IKernelCompiler Compiler { get; } = new IlgpuKernelCompiler();

    /// <summary>Compiles a kernel that lives in a group of at most 128 threads unless told otherwise.</summary>
    internal PtxKernel Compile(MethodInfo kernel, PtxTarget target, int threads = 128) =>
        Compiler.Compile(kernel, target, new LaunchBounds(threads));

    /// <summary>Runs one group, or several, of a kernel over a host buffer to read and one to write, both aligned as device memory is.</summary>
    public void Run<TIn, TOut>(Action<ulong, ulong> kernel, int threads, int sharedBytes, TIn[] input, TOut[] output, int groups = 1)
        where TIn : unmanaged
        where TOut : unmanaged
    {
        var shared = sharedBytes == 0 ? default : SharedMemoryConfig.RequestDynamic<byte>(sharedBytes);
        var config = new KernelConfig(new Index1D(groups), new Index1D(threads), shared);
        using var from = AlignedMemory.Copy<TIn>(input);
        using var to = AlignedMemory.Copy<TOut>(output);
        lock (_gate)
        {
            _accelerator.LoadStreamKernel(kernel)(config, from.Address, to.Address);
            _accelerator.Synchronize();
        }
        to.CopyTo<TOut>(output);
    }

    public void Dispose()
    {
        Compiler.Dispose();
        _accelerator.Dispose();
        _context.Dispose();
    }
}
