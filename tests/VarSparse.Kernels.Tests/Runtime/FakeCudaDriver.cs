using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using VarSparse.Kernels.Runtime;

namespace VarSparse.Kernels.Tests.Runtime;

/// <summary>
/// A driver of one make-believe H100. It keeps a context stack per thread, refuses work without its context as the real one
/// does, has real memory behind its addresses, records every call by its exported name and fails any call on request.
/// Its "cubins" are the PTX behind a mark, so tests can tell what was loaded.
/// </summary>
internal sealed unsafe class FakeCudaDriver : ICudaDriver, IDisposable
{
    internal const nint PrimaryContextHandle = 0xC0;
    internal const nint ForeignContext = 0xF0;

    private static readonly byte[] CubinMark = "CUBIN:"u8.ToArray();

    private readonly ThreadLocal<Stack<nint>> _contexts = new(() => new Stack<nint>());
    private readonly ConcurrentDictionary<string, (CudaResult Result, int After, int Times)> _failures = new();
    private readonly ConcurrentDictionary<nint, FakeModule> _modules = new();
    private readonly ConcurrentDictionary<ulong, nuint> _memory = new();
    private readonly ConcurrentDictionary<nint, byte[]> _links = new();
    private readonly ConcurrentDictionary<nint, string> _streamsAndEvents = new();
    private int _nextHandle = 0x1000;
    private int _retained;

    internal ConcurrentQueue<string> Calls { get; } = new();

    /// <summary>The streams of copies to the device and of clearing, one after the other.</summary>
    internal ConcurrentQueue<nint> WriteStreams { get; } = new();

    internal ConcurrentQueue<FakeLaunch> Launches { get; } = new();

    internal ConcurrentQueue<(CudaFunctionAttribute Attribute, int Value)> SetAttributes { get; } = new();

    /// <summary>Off where a test counts managed allocations.</summary>
    internal bool Records { get; set; } = true;

    internal int DeviceCount { get; init; } = 1;

    internal int SharedMemoryPerBlockOptIn { get; init; } = 232448;

    internal KernelAttributes Optimised { get; set; } = new(90, 0, 256, 384, 90);

    internal KernelAttributes Relocatable { get; set; } = new(90, 0, 256, 384, 90);

    internal string InfoLog { get; set; } = "ptxas info : Used 90 registers";

    internal string LinkInfoLog { get; set; } = "ptxas info : Used 90 registers";

    internal string ErrorLog { get; set; } = "";

    /// <summary>What the launches' argument pointers point to, so that the fake can copy it as the driver does.</summary>
    internal ImmutableArray<int> ParameterSizes { get; set; } = [];

    /// <summary>Runs inside the named call, before it does anything.</summary>
    internal Action<string>? Inside { get; set; }

    internal int LiveModules => _modules.Values.Count(module => !module.Unloaded);

    internal int LiveMemoryBlocks => _memory.Count;

    internal int LiveStreamsAndEvents => _streamsAndEvents.Count;

    internal int LiveLinks => _links.Count;

    internal int RetainCount => _retained;

    internal Stack<nint> ContextStack => _contexts.Value!;

    /// <summary>Lets the call fail the given number of times, after it succeeded <paramref name="after"/> times.</summary>
    internal void Fail(string call, CudaResult result, int after = 0, int times = int.MaxValue) =>
        _failures[call] = (result, after, times);

    internal void Heal() => _failures.Clear();

    internal int CountOf(string call) => Calls.Count(name => name == call);

    public void Dispose()
    {
        foreach (ulong address in _memory.Keys) NativeMemory.Free((void*)address);
        _contexts.Dispose();
    }

    public string ErrorName(CudaResult error) => error switch
    {
        CudaResult.OutOfMemory => "CUDA_ERROR_OUT_OF_MEMORY",
        CudaResult.InvalidValue => "CUDA_ERROR_INVALID_VALUE",
        CudaResult.InvalidContext => "CUDA_ERROR_INVALID_CONTEXT",
        CudaResult.InvalidPtx => "CUDA_ERROR_INVALID_PTX",
        CudaResult.IllegalAddress => "CUDA_ERROR_ILLEGAL_ADDRESS",
        _ => $"CUDA_ERROR_{(int)error}",
    };

    public string ErrorText(CudaResult error) => $"text of {(int)error}";

    public CudaResult DriverGetVersion(out int version)
    {
        version = 13000;
        return Enter(nameof(CudaNative.cuDriverGetVersion));
    }

    public CudaResult DeviceGetCount(out int count)
    {
        count = DeviceCount;
        return Enter(nameof(CudaNative.cuDeviceGetCount));
    }

    public CudaResult DeviceGet(out int device, int ordinal)
    {
        device = ordinal;
        return Enter(nameof(CudaNative.cuDeviceGet));
    }

    public CudaResult DeviceGetName(byte* name, int length, int device)
    {
        "Fake H100\0"u8.CopyTo(new Span<byte>(name, length));
        return Enter(nameof(CudaNative.cuDeviceGetName));
    }

    public CudaResult DeviceTotalMem(out nuint bytes, int device)
    {
        bytes = (nuint)80 << 30;
        return Enter(nameof(CudaNative.cuDeviceTotalMem_v2));
    }

    public CudaResult DeviceGetAttribute(out int value, CudaDeviceAttribute attribute, int device)
    {
        value = attribute switch
        {
            CudaDeviceAttribute.ComputeCapabilityMajor => 9,
            CudaDeviceAttribute.ComputeCapabilityMinor => 0,
            CudaDeviceAttribute.MultiprocessorCount => 132,
            CudaDeviceAttribute.MaxThreadsPerBlock => 1024,
            CudaDeviceAttribute.SharedMemoryPerBlock => 49152,
            CudaDeviceAttribute.SharedMemoryPerBlockOptIn => SharedMemoryPerBlockOptIn,
            CudaDeviceAttribute.SharedMemoryPerMultiprocessor => 233472,
            CudaDeviceAttribute.L2CacheBytes => 50 << 20,
            _ => throw new ArgumentOutOfRangeException(nameof(attribute)),
        };
        return Enter(nameof(CudaNative.cuDeviceGetAttribute));
    }

    public CudaResult DevicePrimaryCtxRetain(out nint context, int device)
    {
        context = PrimaryContextHandle;
        CudaResult result = Enter(nameof(CudaNative.cuDevicePrimaryCtxRetain));
        if (result == CudaResult.Success) Interlocked.Increment(ref _retained);
        return result;
    }

    public CudaResult DevicePrimaryCtxRelease(int device)
    {
        CudaResult result = Enter(nameof(CudaNative.cuDevicePrimaryCtxRelease_v2));
        if (result == CudaResult.Success) Interlocked.Decrement(ref _retained);
        return result;
    }

    public CudaResult CtxGetCurrent(out nint context)
    {
        context = ContextStack.TryPeek(out nint top) ? top : 0;
        return Enter(nameof(CudaNative.cuCtxGetCurrent));
    }

    public CudaResult CtxPushCurrent(nint context)
    {
        CudaResult result = Enter(nameof(CudaNative.cuCtxPushCurrent_v2));
        if (result == CudaResult.Success) ContextStack.Push(context);
        return result;
    }

    public CudaResult CtxPopCurrent(out nint context)
    {
        // As documented for the driver, an error here may come from earlier work: the pop itself has happened.
        context = ContextStack.Pop();
        return Enter(nameof(CudaNative.cuCtxPopCurrent_v2));
    }

    public CudaResult CtxSynchronize() => EnterInContext(nameof(CudaNative.cuCtxSynchronize));

    public CudaResult ModuleLoadDataEx(out nint module, void* image, uint optionCount, CudaJitOption* options, void** values)
    {
        module = 0;
        byte[] bytes = ReadImage((byte*)image, out bool isCubin);
        CudaResult result = EnterInContext(nameof(CudaNative.cuModuleLoadDataEx) + (isCubin ? " cubin" : " ptx"));
        WriteLogs(optionCount, options, values, isCubin ? "" : InfoLog, result == CudaResult.Success ? "" : ErrorLog);
        if (result != CudaResult.Success) return result;
        module = NewHandle();
        _modules[module] = new FakeModule(bytes, isCubin);
        return result;
    }

    public CudaResult ModuleUnload(nint module)
    {
        CudaResult result = EnterInContext(nameof(CudaNative.cuModuleUnload));
        if (result == CudaResult.Success) _modules[module].Unloaded = true;
        return result;
    }

    public CudaResult ModuleGetFunction(out nint function, nint module, byte* name)
    {
        function = module;
        CudaResult result = EnterInContext(nameof(CudaNative.cuModuleGetFunction));
        if (result != CudaResult.Success) return result;
        string text = Encoding.UTF8.GetString(_modules[module].Image);
        _modules[module].Entry = Marshal.PtrToStringUTF8((nint)name)!;
        return text.Contains(_modules[module].Entry, StringComparison.Ordinal) ? result : CudaResult.NotFound;
    }

    public CudaResult FuncGetAttribute(out int value, CudaFunctionAttribute attribute, nint function)
    {
        KernelAttributes attributes = _modules[function].IsCubin ? Relocatable : Optimised;
        value = attribute switch
        {
            CudaFunctionAttribute.Registers => attributes.Registers,
            CudaFunctionAttribute.LocalBytes => attributes.LocalBytes,
            CudaFunctionAttribute.StaticSharedBytes => attributes.StaticSharedBytes,
            CudaFunctionAttribute.MaxThreadsPerBlock => attributes.MaxThreadsPerBlock,
            CudaFunctionAttribute.BinaryVersion => attributes.BinaryVersion,
            _ => throw new ArgumentOutOfRangeException(nameof(attribute)),
        };
        return EnterInContext(nameof(CudaNative.cuFuncGetAttribute));
    }

    public CudaResult FuncSetAttribute(nint function, CudaFunctionAttribute attribute, int value)
    {
        SetAttributes.Enqueue((attribute, value));
        return EnterInContext(nameof(CudaNative.cuFuncSetAttribute));
    }

    public CudaResult LaunchKernel(nint function, in LaunchShape shape, nint stream, void** parameters)
    {
        CudaResult result = EnterInContext(nameof(CudaNative.cuLaunchKernel));
        if (_modules[function].Unloaded) return CudaResult.InvalidValue;
        if (!Records || result != CudaResult.Success) return result;
        var arguments = ImmutableArray.CreateBuilder<byte[]>();
        for (int i = 0; i < ParameterSizes.Length; i++)
            arguments.Add(new ReadOnlySpan<byte>(parameters[i], ParameterSizes[i]).ToArray());
        Launches.Enqueue(new FakeLaunch(_modules[function].Entry, shape, stream, arguments.ToImmutable()));
        return result;
    }

    public CudaResult LinkCreate(uint optionCount, CudaJitOption* options, void** values, out nint state)
    {
        state = 0;
        CudaResult result = EnterInContext(nameof(CudaNative.cuLinkCreate_v2));
        if (result != CudaResult.Success) return result;
        state = NewHandle();
        _links[state] = [];
        WriteLogs(optionCount, options, values, LinkInfoLog, ErrorLog);
        return result;
    }

    public CudaResult LinkAddData(nint state, CudaJitInputType type, void* data, nuint size, byte* name)
    {
        CudaResult result = EnterInContext(nameof(CudaNative.cuLinkAddData_v2));
        var bytes = new ReadOnlySpan<byte>(data, (int)size);
        if (type != CudaJitInputType.Ptx || bytes[^1] != 0) return CudaResult.InvalidPtx;
        if (result == CudaResult.Success) _links[state] = bytes[..^1].ToArray();
        return result;
    }

    public CudaResult LinkComplete(nint state, out void* cubin, out nuint size)
    {
        cubin = null;
        size = 0;
        CudaResult result = EnterInContext(nameof(CudaNative.cuLinkComplete));
        if (result != CudaResult.Success) return result;

        // Owned by the link state, as the driver's is: overwritten when the state is destroyed.
        byte[] image = [.. CubinMark, .. BitConverter.GetBytes(_links[state].Length), .. _links[state]];
        cubin = NativeMemory.Alloc((nuint)image.Length);
        size = (nuint)image.Length;
        image.CopyTo(new Span<byte>(cubin, image.Length));
        _linkImages[state] = ((nint)cubin, image.Length);
        return result;
    }

    private readonly ConcurrentDictionary<nint, (nint Address, int Length)> _linkImages = new();

    public CudaResult LinkDestroy(nint state)
    {
        CudaResult result = EnterInContext(nameof(CudaNative.cuLinkDestroy));
        if (_linkImages.TryRemove(state, out (nint Address, int Length) image))
        {
            new Span<byte>((void*)image.Address, image.Length).Fill(0xDD);
            NativeMemory.Free((void*)image.Address);
        }
        _links.TryRemove(state, out _);
        return result;
    }

    public CudaResult StreamCreate(out nint stream, CudaStreamFlags flags) =>
        Create(nameof(CudaNative.cuStreamCreate), out stream);

    public CudaResult StreamDestroy(nint stream) => Destroy(nameof(CudaNative.cuStreamDestroy_v2), stream);

    public CudaResult StreamSynchronize(nint stream) => EnterInContext(nameof(CudaNative.cuStreamSynchronize));

    public CudaResult StreamWaitEvent(nint stream, nint evt) => EnterInContext(nameof(CudaNative.cuStreamWaitEvent));

    public CudaResult EventCreate(out nint evt, CudaEventFlags flags) => Create(nameof(CudaNative.cuEventCreate), out evt);

    public CudaResult EventDestroy(nint evt) => Destroy(nameof(CudaNative.cuEventDestroy_v2), evt);

    public CudaResult EventRecord(nint evt, nint stream) => EnterInContext(nameof(CudaNative.cuEventRecord));

    public CudaResult EventSynchronize(nint evt) => EnterInContext(nameof(CudaNative.cuEventSynchronize));

    public CudaResult EventElapsedTime(out float milliseconds, nint start, nint end)
    {
        milliseconds = end - start;
        return EnterInContext(nameof(CudaNative.cuEventElapsedTime));
    }

    public CudaResult MemGetInfo(out nuint free, out nuint total)
    {
        free = 70;
        total = 80;
        return EnterInContext(nameof(CudaNative.cuMemGetInfo_v2));
    }

    public CudaResult MemAlloc(out ulong address, nuint bytes)
    {
        address = 0;
        CudaResult result = EnterInContext(nameof(CudaNative.cuMemAlloc_v2));
        if (result != CudaResult.Success) return result;
        address = (ulong)NativeMemory.AllocZeroed(bytes);
        _memory[address] = bytes;
        return result;
    }

    public CudaResult MemFree(ulong address)
    {
        CudaResult result = EnterInContext(nameof(CudaNative.cuMemFree_v2));
        if (result != CudaResult.Success || !_memory.TryRemove(address, out _)) return CudaResult.InvalidValue;
        NativeMemory.Free((void*)address);
        return result;
    }

    public CudaResult MemcpyHtoD(ulong destination, void* source, nuint bytes) =>
        Copy(nameof(CudaNative.cuMemcpyHtoD_v2), (void*)destination, source, bytes);

    public CudaResult MemcpyDtoH(void* destination, ulong source, nuint bytes) =>
        Copy(nameof(CudaNative.cuMemcpyDtoH_v2), destination, (void*)source, bytes);

    public CudaResult MemcpyHtoDAsync(ulong destination, void* source, nuint bytes, nint stream)
    {
        if (Records) WriteStreams.Enqueue(stream);
        return Copy(nameof(CudaNative.cuMemcpyHtoDAsync_v2), (void*)destination, source, bytes);
    }

    public CudaResult MemcpyDtoHAsync(void* destination, ulong source, nuint bytes, nint stream) =>
        Copy(nameof(CudaNative.cuMemcpyDtoHAsync_v2), destination, (void*)source, bytes);

    public CudaResult MemcpyDtoDAsync(ulong destination, ulong source, nuint bytes, nint stream) =>
        Copy(nameof(CudaNative.cuMemcpyDtoDAsync_v2), (void*)destination, (void*)source, bytes);

    public CudaResult MemsetD8Async(ulong destination, byte value, nuint count, nint stream)
    {
        if (Records) WriteStreams.Enqueue(stream);
        CudaResult result = EnterInContext(nameof(CudaNative.cuMemsetD8Async));
        if (result == CudaResult.Success) NativeMemory.Fill((void*)destination, count, value);
        return result;
    }

    public CudaResult MemsetD32Async(ulong destination, uint value, nuint count, nint stream)
    {
        CudaResult result = EnterInContext(nameof(CudaNative.cuMemsetD32Async));
        if (result == CudaResult.Success) new Span<uint>((void*)destination, (int)count).Fill(value);
        return result;
    }

    private static byte[] ReadImage(byte* image, out bool isCubin)
    {
        isCubin = new ReadOnlySpan<byte>(image, CubinMark.Length).SequenceEqual(CubinMark);
        if (!isCubin) return MemoryMarshal.CreateReadOnlySpanFromNullTerminated(image).ToArray();
        int length = *(int*)(image + CubinMark.Length);
        return new ReadOnlySpan<byte>(image + CubinMark.Length + sizeof(int), length).ToArray();
    }

    private static void WriteLogs(uint optionCount, CudaJitOption* options, void** values, string info, string error)
    {
        byte* infoLog = null, errorLog = null;
        int infoBytes = 0, errorBytes = 0;
        for (int i = 0; i < optionCount; i++)
        {
            switch (options[i])
            {
                case CudaJitOption.InfoLogBuffer: infoLog = (byte*)values[i]; break;
                case CudaJitOption.InfoLogBufferBytes: infoBytes = (int)(nint)values[i]; break;
                case CudaJitOption.ErrorLogBuffer: errorLog = (byte*)values[i]; break;
                case CudaJitOption.ErrorLogBufferBytes: errorBytes = (int)(nint)values[i]; break;
            }
        }
        Encoding.UTF8.GetBytes(info + "\0", new Span<byte>(infoLog, infoBytes));
        Encoding.UTF8.GetBytes(error + "\0", new Span<byte>(errorLog, errorBytes));
    }

    private CudaResult Enter(string call)
    {
        if (Records) Calls.Enqueue(call);
        Inside?.Invoke(call);
        if (_failures.IsEmpty || !_failures.TryGetValue(call, out (CudaResult Result, int After, int Times) failure))
            return CudaResult.Success;
        if (failure.After > 0)
        {
            _failures[call] = failure with { After = failure.After - 1 };
            return CudaResult.Success;
        }
        if (failure.Times == 0) return CudaResult.Success;
        _failures[call] = failure with { Times = failure.Times - 1 };
        return failure.Result;
    }

    private CudaResult EnterInContext(string call)
    {
        CudaResult result = Enter(call);
        bool current = _retained > 0 && ContextStack.TryPeek(out nint top) && top == PrimaryContextHandle;
        return current ? result : CudaResult.InvalidContext;
    }

    private CudaResult Create(string call, out nint handle)
    {
        handle = 0;
        CudaResult result = EnterInContext(call);
        if (result != CudaResult.Success) return result;
        handle = NewHandle();
        _streamsAndEvents[handle] = call;
        return result;
    }

    private CudaResult Destroy(string call, nint handle)
    {
        CudaResult result = EnterInContext(call);
        if (result == CudaResult.Success) _streamsAndEvents.TryRemove(handle, out _);
        return result;
    }

    private CudaResult Copy(string call, void* destination, void* source, nuint bytes)
    {
        CudaResult result = EnterInContext(call);
        if (result == CudaResult.Success) NativeMemory.Copy(source, destination, bytes);
        return result;
    }

    private nint NewHandle() => Interlocked.Increment(ref _nextHandle);

    private sealed class FakeModule(byte[] image, bool isCubin)
    {
        internal byte[] Image { get; } = image;

        internal bool IsCubin { get; } = isCubin;

        internal string Entry { get; set; } = "";

        internal volatile bool Unloaded;
    }
}

internal sealed record FakeLaunch(string Kernel, LaunchShape Shape, nint Stream, ImmutableArray<byte[]> Arguments);
