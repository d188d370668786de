namespace VarSparse.Kernels.Runtime;

/// <summary>
/// CUDA was asked for on a machine that cannot offer it: no NVIDIA driver, too old a driver, or no device. The message is one
/// line that says what was looked for. Everything that needs no GPU keeps working.
/// </summary>
public sealed class CudaNotAvailableException : Exception
{
    internal CudaNotAvailableException(string reason)
        : base($"CUDA is not available: {reason}") => Reason = reason;

    /// <summary>Why CUDA is not available, in one line.</summary>
    public string Reason { get; }
}
