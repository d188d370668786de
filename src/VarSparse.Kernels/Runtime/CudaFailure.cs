namespace VarSparse.Kernels.Runtime;

/// <summary>Turns a failed driver call into a <see cref="CudaException"/>; apart from the calls so that they stay small.</summary>
internal static class CudaFailure
{
    private const int LongestLogInMessage = 400;

    /// <param name="driver">Names and explains the code.</param>
    /// <param name="result">What the call returned; success returns at once.</param>
    /// <param name="call">The driver function.</param>
    /// <param name="subject">What it was about, in words that follow the call's name ("for 4096 bytes").</param>
    internal static void ThrowIfFailed(ICudaDriver driver, CudaResult result, string call, string? subject = null)
    {
        if (result != CudaResult.Success) throw Describe(driver, result, call, subject);
    }

    internal static CudaException Describe(
        ICudaDriver driver, CudaResult result, string call, string? subject = null,
        string? kernel = null, string? compilerLog = null, string? lastLaunched = null)
    {
        string name = driver.ErrorName(result);
        string message = $"{call}{(subject is null ? "" : " ")}{subject} failed: {name} ({driver.ErrorText(result)})";
        if (!string.IsNullOrWhiteSpace(compilerLog)) message += $"; compiler log: {OneLine(compilerLog)}";
        if (result.IsKernelFault())
        {
            message += lastLaunched is null
                ? "; a kernel launched earlier in this process failed, not this call"
                : $"; a kernel launched earlier failed, not this call: the last one launched here is '{lastLaunched}'";
            message += ", CUDA_LAUNCH_BLOCKING=1 finds the one to blame";
        }
        return new CudaException(message, call, (int)result, name, kernel, compilerLog);
    }

    private static string OneLine(string log)
    {
        string line = string.Join("; ", log.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
        return line.Length <= LongestLogInMessage ? line : string.Concat(line.AsSpan(0, LongestLogInMessage), "...");
    }
}
