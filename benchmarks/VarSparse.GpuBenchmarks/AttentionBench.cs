using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using VarSparse.Attention;
using VarSparse.Kernels;
using VarSparse.Kernels.Runtime;
using VarSparse.Patterns;

namespace VarSparse.GpuBenchmarks;

/// <summary>Runs patterns on the GPU: against the CPU for correctness, and timed with cold L2.</summary>
internal sealed class AttentionBench(CudaAttention attention)
{
    private const int BufferSets = 3;

    /// <summary>Compares the output with CPU attention on the same, rounded inputs.</summary>
    public void Check(string name, SparsePattern pattern, AttentionElement element, int dimension, int batch, int heads)
    {
        var random = new Random(1);
        var queries = AttentionLayout.HeadsFirst(batch, heads, pattern.QueryCount, dimension);
        var keys = AttentionLayout.HeadsFirst(batch, heads, pattern.KeyCount, dimension);
        ushort[] q = Random16(random, queries.Extent, element), k = Random16(random, keys.Extent, element), v = Random16(random, keys.Extent, element);
        float[] expected = new float[queries.Extent], expectedSums = new float[batch * heads * pattern.QueryCount];
        CpuAttention.Shared.Run<float>(
            new(Widen(q, element), queries), new(Widen(k, element), keys), new(Widen(v, element), keys), pattern, new(expected, queries), null, expectedSums);

        using DeviceMemory dq = Upload(q), dk = Upload(k), dv = Upload(v);
        using DeviceMemory output = attention.Device.Allocate(queries.Extent * 2);
        using DeviceMemory sums = attention.Device.Allocate(expectedSums.Length * 4L);
        output.FillAsync(0xFFFFFFFF);
        sums.FillAsync(float.NaN);
        attention.Run(new(dq.Address, queries), new(dk.Address, keys), new(dv.Address, keys), pattern, new(output.Address, queries), element, null, sums.Address);
        attention.Device.Synchronize();
        var raw = new ushort[queries.Extent];
        output.Download<ushort>(raw);
        output.FillAsync(0xFFFFFFFF);
        attention.Run(new(dq.Address, queries), new(dk.Address, keys), new(dv.Address, keys), pattern, new(output.Address, queries), element, null, sums.Address);
        var again = new ushort[queries.Extent];
        output.Download<ushort>(again);
        float[] actual = Widen(raw, element), actualSums = new float[expectedSums.Length];
        sums.Download<float>(actualSums);
        double error = 0, norm = 0, worstSum = 0;
        for (int i = 0; i < actual.Length; i++)
        {
            error += Math.Pow(actual[i] - expected[i], 2);
            norm += Math.Pow(expected[i], 2);
        }

        for (int i = 0; i < actualSums.Length; i++)
            worstSum = Math.Max(worstSum, Math.Abs(actualSums[i] - expectedSums[i]));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"check {name} {element} d={dimension}: relative error {Math.Sqrt(error / norm):E2}, log-sum-exp off by at most {worstSum:E2}, same bits in a second run: {raw.AsSpan().SequenceEqual(again)}"));
    }

    /// <summary>Median time of a launch. Inputs rotate over buffer sets and the L2 is overwritten before every launch.</summary>
    public void Time(string name, SparsePattern pattern, AttentionElement element, int dimension, int batch, int heads, double? scale = null)
    {
        float[] times = Times(pattern, element, dimension, batch, heads, scale);
        double milliseconds = times[times.Length / 2];
        double flops = 4.0 * batch * heads * dimension * pattern.ComputedPairs / (pattern.BatchCount * pattern.HeadCount);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"time {name} {element} B={batch} H={heads} d={dimension}: {milliseconds:F4} ms (min {times[0]:F4}), {flops / milliseconds / 1e9:F0} TFLOP/s in whole tiles"));
    }

    /// <summary>Milliseconds of launches, ascending.</summary>
    public float[] Times(SparsePattern pattern, AttentionElement element, int dimension, int batch, int heads, double? scale = null, int repeats = 30)
    {
        var random = new Random(1);
        var queries = AttentionLayout.HeadsFirst(batch, heads, pattern.QueryCount, dimension);
        var keys = AttentionLayout.HeadsFirst(batch, heads, pattern.KeyCount, dimension);
        ushort[] values = Random16(random, keys.Extent, element);
        var sets = Enumerable.Range(0, BufferSets).Select(_ => (Q: Upload(values.AsSpan(0, (int)queries.Extent)), K: Upload(values), V: Upload(values))).ToArray();
        using DeviceMemory output = attention.Device.Allocate(queries.Extent * 2);
        using var timer = new EventTimer(attention.Device, coldCache: true);
        float[] times = timer.Milliseconds(
            i =>
            {
                var (q, k, v) = sets[i % BufferSets];
                attention.Run(new(q.Address, queries), new(k.Address, keys), new(v.Address, keys), pattern, new(output.Address, queries), element, scale);
            },
            repeats);

        foreach (var (q, k, v) in sets)
        {
            q.Dispose();
            k.Dispose();
            v.Dispose();
        }

        return times;
    }

    /// <summary>What the first call of a process takes: a compiler, the kernel, the pattern's copy, and the launch.</summary>
    public void FirstCall(SparsePattern pattern)
    {
        var queries = AttentionLayout.HeadsFirst(1, 1, pattern.QueryCount, 128);
        var keys = AttentionLayout.HeadsFirst(1, 1, pattern.KeyCount, 128);
        using DeviceMemory q = attention.Device.Allocate(queries.Extent * 2), k = attention.Device.Allocate(keys.Extent * 2);
        using DeviceMemory output = attention.Device.Allocate(queries.Extent * 2);
        attention.Device.Synchronize();
        double driver = 0;
        using var listener = new MeterListener();
        listener.SetMeasurementEventCallback<double>((_, seconds, _, _) => driver += seconds);
        listener.EnableMeasurementEvents(KernelTelemetry.CompileTime);
        long start = Stopwatch.GetTimestamp();
        attention.Run(new(q.Address, queries), new(k.Address, keys), new(k.Address, keys), pattern, new(output.Address, queries), AttentionElement.BFloat16);
        attention.Device.Synchronize();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"first call: {Stopwatch.GetElapsedTime(start).TotalMilliseconds:F0} ms, of which the driver compiles PTX for {driver * 1000:F0} ms"));
    }

    /// <summary>Host time of a warm call: what the caller waits for, not the device.</summary>
    public void HostTime(SparsePattern pattern, int calls = 200)
    {
        var queries = AttentionLayout.HeadsFirst(1, 1, pattern.QueryCount, 64);
        var keys = AttentionLayout.HeadsFirst(1, 1, pattern.KeyCount, 64);
        using DeviceMemory q = attention.Device.Allocate(queries.Extent * 2), k = attention.Device.Allocate(keys.Extent * 2);
        using DeviceMemory output = attention.Device.Allocate(queries.Extent * 2);
        q.ClearAsync();
        k.ClearAsync();
        var times = new List<double>();
        for (int i = 0; i < calls; i++)
        {
            attention.Device.Synchronize();
            long start = Stopwatch.GetTimestamp();
            attention.Run(new(q.Address, queries), new(k.Address, keys), new(k.Address, keys), pattern, new(output.Address, queries), AttentionElement.BFloat16);
            times.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
        }

        attention.Device.Synchronize();
        times.Sort();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"host time of a warm call: {times[calls / 2]:F1} microseconds"));
    }

    private DeviceMemory Upload(ReadOnlySpan<ushort> values)
    {
        DeviceMemory memory = attention.Device.Allocate(values.Length * 2L);
        memory.Upload(values);
        return memory;
    }

    private static ushort[] Random16(Random random, long count, AttentionElement element)
    {
        // A period of a million random numbers is enough, and much quicker to make.
        var period = new ushort[Math.Min(count, 1_000_003)];
        for (int i = 0; i < period.Length; i++)
        {
            float value = (float)(3.4641016 * (random.NextDouble() - 0.5));
            period[i] = element == AttentionElement.BFloat16 ? ((BFloat16)value).ToBits() : BitConverter.HalfToUInt16Bits((Half)value);
        }

        var values = new ushort[count];
        for (long i = 0; i < count; i++)
            values[i] = period[i % period.Length];
        return values;
    }

    private static float[] Widen(ushort[] values, AttentionElement element) => [.. values.Select(bits =>
        element == AttentionElement.BFloat16 ? (float)BFloat16.FromBits(bits) : (float)BitConverter.UInt16BitsToHalf(bits))];
}
