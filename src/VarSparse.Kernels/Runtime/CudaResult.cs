namespace VarSparse.Kernels.Runtime;

/// <summary>CUresult of the driver API: the codes this library acts on. Others pass through with the driver's own name.</summary>
internal enum CudaResult
{
    Success = 0,
    InvalidValue = 1,
    OutOfMemory = 2,
    InvalidContext = 201,
    NoBinaryForGpu = 209,
    UncorrectableEcc = 214,
    InvalidPtx = 218,
    NotFound = 500,
    IllegalAddress = 700,
    LaunchTimeout = 702,
    DeviceAssert = 710,
    HardwareStackError = 714,
    LaunchFailed = 719,
}

internal static class CudaResultFacts
{
    /// <summary>
    /// Faults of a running kernel. The driver reports them from whatever call comes next, and from every later call in the same
    /// context, so the call that returns one is usually not the one to blame.
    /// </summary>
    internal static bool IsKernelFault(this CudaResult result) => result is
        CudaResult.UncorrectableEcc or CudaResult.IllegalAddress or CudaResult.LaunchTimeout or CudaResult.DeviceAssert

        // 714 to 719: stack, instruction, alignment, address space, program counter, and the catch-all.
        or (>= CudaResult.HardwareStackError and <= CudaResult.LaunchFailed);
}
