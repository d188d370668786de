using System.Globalization;

namespace VarSparse.Samples.EmojiVar;

/// <summary>Prints what a <see cref="DriverTrace"/> counted between two points of a generation: a line a scale.</summary>
internal sealed class TraceTable(DriverTrace trace, TextWriter output, string policy)
{
    private static readonly string[] s_waits = ["Synchronize", "MemcpyHtoD_v2", "MemcpyDtoH_v2", "cudaMemcpy_v", "MemFree", "cudaFree"];

    /// <summary>Forgets what came before.</summary>
    public void Begin() => trace.Take();

    public void Write(string what)
    {
        IReadOnlyList<(string Name, int Calls)> calls = trace.Take();
        int launches = Sum(calls, name => name.Contains("Launch", StringComparison.Ordinal));
        int waits = Sum(calls, name => s_waits.Any(wait => name.Contains(wait, StringComparison.Ordinal)));
        string all = string.Join(", ", calls.Where(call => !call.Name.Contains("Get", StringComparison.Ordinal)).Select(call => $"{call.Name} {call.Calls}"));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"trace {policy}, {what}: {launches} launches, {waits} waits; {all}"));
    }

    private static int Sum(IEnumerable<(string Name, int Calls)> calls, Func<string, bool> counts) =>
        calls.Where(call => counts(call.Name)).Sum(call => call.Calls);
}
