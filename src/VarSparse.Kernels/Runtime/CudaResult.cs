namespace VarSparse.Kernels.Runtime;

/// <summary>CUresult of the driver API: the codes this library acts on. Others pass through with the driver's own name.</summary>
internal enum CudaResult
{
    Success = 0,
    InvalidValue = 1,
    OutOfMemory = 2,
    NotInitialized = 3,
    Deinitialized = 4,
    NoDevice = 100,
    InvalidDevice = 101,
    InvalidImage = 200,
    InvalidContext = 201,
    NoBinaryForGpu = 209,
    UncorrectableEcc = 214,
    InvalidPtx = 218,
    JitCompilerNotFound = 221,
    UnsupportedPtxVersion = 222,
    NotFound = 500,
    NotReady = 600,
    IllegalAddress = 700,
    LaunchOutOfResources = 701,
    LaunchTimeout = 702,
    ContextIsDestroyed = 709,
    DeviceAssert = 710,
    HardwareStackError = 714,
    IllegalInstruction = 715,
    MisalignedAddress = 716,
    InvalidAddressSpace = 717,
    InvalidProgramCounter = 718,
    LaunchFailed = 719,
    NotSupported = 801,
}

internal static class CudaResultFacts
{
    /// <summary>
    /// Faults of a running kernel. The driver reports them from whatever call comes next, and from every later call in the same
    /// context, so the call that returns one is usually not the one to blame.
    /// </summary>
    internal static bool IsKernelFault(this CudaResult result) => result is
        CudaResult.UncorrectableEcc or CudaResult.IllegalAddress or CudaResult.LaunchTimeout or CudaResult.DeviceAssert
        or (>= CudaResult.HardwareStackError and <= CudaResult.LaunchFailed);
}
