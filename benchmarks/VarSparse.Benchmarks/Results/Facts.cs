using System.Collections.Concurrent;
using System.Globalization;
using BenchmarkDotNet.Running;

namespace VarSparse.Benchmarks.Results;

/// <summary>The facts of the cases that ran in this process, from the benchmarks to the columns: BenchmarkDotNet has no other way between them.</summary>
internal static class Facts
{
    private static readonly ConcurrentDictionary<string, CaseFacts> Known = [];

    public static void Add(string key, CaseFacts facts) => Known[key] = facts;

    /// <summary>Those of a case; its peak is the best of all cases of the type, as a machine that others use reaches it only sometimes.</summary>
    public static CaseFacts? Of(BenchmarkCase benchmark)
    {
        string key = Key(
            benchmark.Descriptor.Type,
            benchmark.Descriptor.WorkloadMethod.Name,
            benchmark.Parameters.Items.ToDictionary(item => item.Name, item => (object?)item.Value));
        return Known.TryGetValue(key, out CaseFacts? facts)
            ? facts with { PeakGigaflopsPerSecond = Known.Values.Where(other => other.PeakType == facts.PeakType).Max(other => other.PeakGigaflopsPerSecond) }
            : null;
    }

    public static string Key(Type type, string method, IReadOnlyDictionary<string, object?> parameters) => string.Create(
        CultureInfo.InvariantCulture,
        $"{type.Name}.{method} {string.Join(' ', parameters.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => FormattableString.Invariant($"{pair.Key}={pair.Value}")))}");
}
