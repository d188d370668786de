using System.Collections.Concurrent;
using System.Globalization;
using BenchmarkDotNet.Running;

namespace VarSparse.Benchmarks.Results;

/// <summary>The facts of the cases that ran in this process, from the benchmarks to the columns: BenchmarkDotNet has no other way between them.</summary>
internal static class Facts
{
    private static readonly ConcurrentDictionary<string, CaseFacts> Known = [];

    public static void Add(string key, CaseFacts facts) => Known[key] = facts;

    public static CaseFacts? Of(BenchmarkCase benchmark) => Known.GetValueOrDefault(Key(
        benchmark.Descriptor.Type,
        benchmark.Descriptor.WorkloadMethod.Name,
        benchmark.Parameters.Items.ToDictionary(item => item.Name, item => (object?)item.Value)));

    public static string Key(Type type, string method, IReadOnlyDictionary<string, object?> parameters) => string.Create(
        CultureInfo.InvariantCulture,
        $"{type.Name}.{method} {string.Join(' ', parameters.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => FormattableString.Invariant($"{pair.Key}={pair.Value}")))}");
}
