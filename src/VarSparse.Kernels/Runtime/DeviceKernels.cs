using System.Reflection;

namespace VarSparse.Kernels.Runtime;

/// <summary>Compiles C# kernels for one device on first use, and starts them. Thread-safe.</summary>
internal sealed class DeviceKernels : IDisposable
{
    private readonly CudaDevice _device;
    private readonly Lazy<IlgpuKernelCompiler> _compiler = new();
    private readonly SourceCache _sources;
    private readonly KernelCache<(MethodInfo Method, LaunchBounds Bounds, bool ArchitectureSpecific)> _kernels;

    public DeviceKernels(CudaDevice device, DiskCacheLocation cache)
    {
        _device = device;
        var disk = new DiskCache(cache);
        _sources = new SourceCache(disk, () => _compiler.Value);
        _kernels = new(new KernelLoader(device, disk), Source);
    }

    /// <param name="method">The C# method, generic parameters bound.</param>
    /// <param name="bounds">What launches will not exceed.</param>
    /// <param name="architectureSpecific">True for instructions that later architectures do not have, such as wgmma.</param>
    public LoadedKernel Get(MethodInfo method, LaunchBounds bounds, bool architectureSpecific = false) =>
        _kernels.Get((method, bounds, architectureSpecific));

    /// <summary>Starts a kernel on a stream; it does not wait.</summary>
    public void Start<T>(in KernelLaunch<T> launch, nint stream)
        where T : unmanaged
    {
        if (launch.Shape.GridX > 0)
            Get(launch.Kernel, launch.Bounds).Launch(launch.Shape, launch.Arguments, stream);
    }

    public void Dispose()
    {
        _kernels.Dispose();
        if (_compiler.IsValueCreated)
            _compiler.Value.Dispose();
    }

    private KernelSource Source((MethodInfo Method, LaunchBounds Bounds, bool ArchitectureSpecific) key)
    {
        ComputeCapability capability = _device.Properties.ComputeCapability;
        return _sources.Get(key.Method, new PtxTarget(capability.Major, capability.Minor, key.ArchitectureSpecific), key.Bounds);
    }
}
