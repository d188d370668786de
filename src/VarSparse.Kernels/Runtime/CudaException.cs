namespace VarSparse.Kernels.Runtime;

/// <summary>
/// A call of the CUDA driver failed. The message is one line: the driver call, the kernel and its launch where there is one,
/// and the driver's own name and text for the error. Nothing that the failed call should have written may be used.
/// </summary>
public sealed class CudaException : Exception
{
    internal CudaException(string message, string driverCall, int errorCode, string errorName, string? kernel, string? compilerLog)
        : base(message)
    {
        DriverCall = driverCall;
        ErrorCode = errorCode;
        ErrorName = errorName;
        Kernel = kernel;
        CompilerLog = compilerLog;
    }

    /// <summary>The driver function that failed, such as <c>cuLaunchKernel</c>.</summary>
    public string DriverCall { get; }

    /// <summary>The CUresult value, such as 2.</summary>
    public int ErrorCode { get; }

    /// <summary>The driver's name for <see cref="ErrorCode"/>, such as <c>CUDA_ERROR_OUT_OF_MEMORY</c>.</summary>
    public string ErrorName { get; }

    /// <summary>The entry point of the kernel that was being loaded or launched; null for calls about no kernel.</summary>
    public string? Kernel { get; }

    /// <summary>The driver's full PTX compiler log when a kernel could not be compiled (many lines); null otherwise.</summary>
    public string? CompilerLog { get; }
}
