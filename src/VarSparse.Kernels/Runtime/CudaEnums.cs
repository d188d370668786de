namespace VarSparse.Kernels.Runtime;

/// <summary>CUdevice_attribute: the values this library reads.</summary>
internal enum CudaDeviceAttribute
{
    MaxThreadsPerBlock = 1,
    SharedMemoryPerBlock = 8,
    MultiprocessorCount = 16,
    L2CacheBytes = 38,
    ComputeCapabilityMajor = 75,
    ComputeCapabilityMinor = 76,
    SharedMemoryPerMultiprocessor = 81,
    SharedMemoryPerBlockOptIn = 97,
}

/// <summary>CUfunction_attribute: the values this library reads or sets.</summary>
internal enum CudaFunctionAttribute
{
    MaxThreadsPerBlock = 0,
    StaticSharedBytes = 1,
    LocalBytes = 3,
    Registers = 4,
    BinaryVersion = 6,
    MaxDynamicSharedBytes = 8,
}

/// <summary>CUjit_option: the values this library passes.</summary>
internal enum CudaJitOption
{
    MaxRegisters = 0,
    InfoLogBuffer = 3,
    InfoLogBufferBytes = 4,
    ErrorLogBuffer = 5,
    ErrorLogBufferBytes = 6,
    LogVerbose = 12,
}

/// <summary>CUjitInputType: the linker is only ever given PTX.</summary>
internal enum CudaJitInputType
{
    Ptx = 1,
}

/// <summary>CUstream_flags.</summary>
internal enum CudaStreamFlags
{
    /// <summary>Ordered with the legacy default stream, the one torch uses.</summary>
    Default = 0,

    /// <summary>Runs beside the default stream; the caller orders the two with events.</summary>
    NonBlocking = 1,
}

/// <summary>CUevent_flags.</summary>
internal enum CudaEventFlags
{
    Default = 0,
    DisableTiming = 2,
}
