using System.Reflection;
using ILGPU;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.PTX;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Runtime;

/// <summary>The compiler over ILGPU's PTX backend.</summary>
internal sealed class IlgpuKernelCompiler : IKernelCompiler
{
    // ILGPU's table of architectures ends at 9.0 and names it sm_80; it generates the same code for everything from 8.0 on, and
    // PtxText writes the architecture that is meant.
    private static readonly CudaArchitecture NewestGenerated = CudaArchitecture.SM_80;

    private readonly Lock _gate = new();
    private readonly Context _context;
    private readonly Dictionary<CudaArchitecture, PTXBackend> _backends = [];
    private bool _disposed;

    public IlgpuKernelCompiler()
    {
        _context = Context.Create(builder => builder.Optimize(OptimizationLevel.O2).EnableAlgorithms());
        IntrinsicRegistry.Register(_context);
    }

    public PtxKernel Compile(MethodInfo kernel, PtxTarget target, LaunchBounds bounds)
    {
        if (!kernel.IsStatic || kernel.ReturnType != typeof(void) || kernel.ContainsGenericParameters)
        {
            throw new ArgumentException(
                $"kernel {kernel.DeclaringType?.Name}.{kernel.Name}: a static method returning void with no open type parameters expected",
                nameof(kernel));
        }
        string text;
        string entryName;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            var entry = EntryPointDescription.FromExplicitlyGroupedKernel(kernel);
            var specialization = new KernelSpecialization(bounds.MaxThreads, bounds.MinGroupsPerMultiprocessor);
            var compiled = (PTXCompiledKernel)BackendFor(target).Compile(entry, specialization);
            (text, entryName) = (compiled.PTXAssembly, compiled.Name);
        }
        text = PtxText.Retarget(PtxText.DropUniformClaims(PtxText.RemoveUncalledFunctions(text)), target);
        return new PtxKernel(text, entryName, PtxText.Parameters(text, entryName, kernel), target);
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
                return;
            _disposed = true;
            foreach (var backend in _backends.Values)
                backend.Dispose();
            _context.Dispose();
        }
    }

    private PTXBackend BackendFor(PtxTarget target)
    {
        var wanted = new CudaArchitecture(target.Major, target.Minor);
        var architecture = wanted < NewestGenerated ? wanted : NewestGenerated;
        if (!_backends.TryGetValue(architecture, out var backend))
        {
            backend = new PTXBackend(
                _context, new CudaCapabilityContext(architecture), architecture, CudaInstructionSet.ISA_60, nvvmAPI: null);
            _backends.Add(architecture, backend);
        }
        return backend;
    }
}
