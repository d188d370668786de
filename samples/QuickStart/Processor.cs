using System.Runtime.InteropServices;

namespace VarSparse.Samples.QuickStart;

/// <summary>Names the machine's processor as well as its system lets us.</summary>
internal static class Processor
{
    private const string LinuxList = "/proc/cpuinfo";

    public static string Describe(int threads) => $"{Name()}, {threads} {(threads == 1 ? "thread" : "threads")}";

    private static string Name()
    {
        string? linuxName = File.Exists(LinuxList)
            ? File.ReadLines(LinuxList).FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))
            : null;
        return linuxName?.Split(':', 2)[^1].Trim()
            ?? Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER")
            ?? $"{RuntimeInformation.ProcessArchitecture} CPU";
    }
}
