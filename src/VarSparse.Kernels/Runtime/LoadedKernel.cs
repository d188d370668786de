using System.Collections.Immutable;

namespace VarSparse.Kernels.Runtime;

/// <summary>
/// A kernel ready to launch. Thread-safe; launching allocates nothing and takes no lock. Disposing it while another thread
/// launches is safe: the module goes when the last launch call has returned, and launches after that get ObjectDisposedException.
/// </summary>
internal sealed unsafe class LoadedKernel : IDisposable
{
    private readonly KernelModule _module;
    private readonly nint _function;
    private readonly ImmutableArray<int> _parameterSizes;

    private LoadedKernel(KernelModule module, nint function, KernelSource source, KernelAttributes attributes, int maxDynamicSharedBytes)
    {
        _module = module;
        _function = function;
        _parameterSizes = KernelParameters.Sizes(source.Ptx, source.EntryPoint);
        EntryPoint = source.EntryPoint;
        Attributes = attributes;
        MaxDynamicSharedBytes = maxDynamicSharedBytes;
    }

    internal string EntryPoint { get; }

    internal KernelAttributes Attributes { get; }

    /// <summary>What one block may ask for: the device's opt-in limit less the kernel's static shared memory.</summary>
    internal int MaxDynamicSharedBytes { get; }

    internal string CompilerLog => _module.CompilerLog;

    /// <summary>Takes over <paramref name="module"/>, also when this fails.</summary>
    internal static LoadedKernel Create(CudaDevice device, KernelModule module, KernelSource source)
    {
        try
        {
            nint function = module.GetFunction(source.EntryPoint);
            KernelAttributes attributes = KernelAttributes.Read(module, function, source.EntryPoint);
            CudaDeviceProperties properties = device.Properties;
            int limit = Math.Max(properties.SharedMemoryPerBlockOptIn, properties.SharedMemoryPerBlock);
            int maxDynamic = limit - attributes.StaticSharedBytes;
            if (limit > properties.SharedMemoryPerBlock) AllowDynamicShared(module, function, maxDynamic, source.EntryPoint);
            return new LoadedKernel(module, function, source, attributes, maxDynamic);
        }
        catch
        {
            module.Dispose();
            throw;
        }
    }

    public void Dispose() => _module.Dispose();

    /// <summary>Launches a kernel that takes one struct.</summary>
    /// <param name="shape">Grid, block and dynamic shared memory.</param>
    /// <param name="arguments">The struct, laid out as the kernel's.</param>
    /// <param name="stream">0 is the default stream, torch's.</param>
    internal void Launch<T>(in LaunchShape shape, in T arguments, nint stream = 0)
        where T : unmanaged
    {
        if (_parameterSizes.Length != 1 || _parameterSizes[0] != sizeof(T)) throw WrongArguments($"one of {sizeof(T)}");
        fixed (T* pointer = &arguments)
        {
            void* parameter = pointer;
            Launch(in shape, &parameter, stream);
        }
    }

    /// <summary>Launches a kernel with its arguments one by one.</summary>
    internal void Launch(in LaunchShape shape, scoped in LaunchArguments arguments, nint stream = 0)
    {
        if (arguments.Count != _parameterSizes.Length) throw WrongArguments($"{arguments.Count} arguments");
        void** parameters = stackalloc void*[LaunchArguments.MostArguments];
        fixed (ulong* words = &arguments.FirstWord)
        {
            for (int i = 0; i < arguments.Count; i++)
            {
                if (arguments.Size(i) != _parameterSizes[i])
                    throw WrongArguments($"{arguments.Size(i)} bytes as argument {i}");
                parameters[i] = words + arguments.Start(i);
            }
            Launch(in shape, parameters, stream);
        }
    }

    private void Launch(in LaunchShape shape, void** parameters, nint stream)
    {
        if (shape.DynamicSharedBytes > MaxDynamicSharedBytes)
            throw new ArgumentOutOfRangeException(
                nameof(shape), $"kernel '{EntryPoint}' was asked to launch with {shape.DynamicSharedBytes} bytes of dynamic shared memory, "
                + $"expected at most {MaxDynamicSharedBytes} on this device");

        PrimaryContext context = _module.Context;
        ContextScope scope = ContextScope.Enter(context, _module);
        CudaResult result = context.Driver.LaunchKernel(_function, in shape, stream, parameters);
        if (result == CudaResult.Success)
        {
            context.LastLaunched = EntryPoint;
            scope.Leave(result, nameof(CudaNative.cuLaunchKernel));
        }
        else
        {
            scope.Leave(result, nameof(CudaNative.cuLaunchKernel), $"{KernelModule.Subject(EntryPoint)}, {shape}", EntryPoint);
        }
        if (KernelTelemetry.Launches.Enabled) KernelTelemetry.Launches.Add(1, KernelTelemetry.KernelTag(EntryPoint));
    }

    private static void AllowDynamicShared(KernelModule module, nint function, int bytes, string entryPoint)
    {
        ContextScope scope = ContextScope.Enter(module.Context, module);
        scope.Leave(
            module.Context.Driver.FuncSetAttribute(function, CudaFunctionAttribute.MaxDynamicSharedBytes, bytes),
            nameof(CudaNative.cuFuncSetAttribute),
            $"{CudaFunctionAttribute.MaxDynamicSharedBytes} = {bytes} {KernelModule.Subject(entryPoint)}",
            entryPoint);
    }

    private ArgumentException WrongArguments(string given) => new(
        $"kernel '{EntryPoint}' was given {given}, expected {_parameterSizes.Length} arguments of "
        + $"{string.Join(", ", _parameterSizes)} bytes");
}
