using System.Diagnostics.Metrics;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using VarSparse.Attention;
using VarSparse.Geometry;
using VarSparse.Kernels.Attention;
using VarSparse.Kernels.Runtime;
using VarSparse.Patterns;

namespace VarSparse.Kernels.Tests.Runtime;

/// <summary>What the public face asks of the driver, on the make-believe one.</summary>
public sealed class CudaAttentionTests
{
    private static readonly DiskCacheLocation NoCache = new(null, "a test");

    [Theory]
    [InlineData(128, 384, 0.5, "Hopper")]
    [InlineData(128, 64, -0.5, "Ampere")]
    [InlineData(72, 128, 0.5, "Portable")]
    public void Runs_the_kernel_that_it_says(int dimension, int threads, double scale, string backend)
    {
        using var driver = new FakeCudaDriver();
        using var attention = new CudaAttention(CudaDevice.Open(driver, 0), NoCache);
        var pattern = SparsePattern.Dense(200, 300);
        CudaTensor q = Tensor(200, dimension), k = Tensor(300, dimension);

        attention.Run(q, k, k, pattern, q, AttentionElement.BFloat16, scale, stream: 7);

        FakeLaunch launch = Assert.Single(driver.Launches);
        Assert.Equal((threads, (nint)7), (launch.Shape.BlockX, launch.Stream));
        Assert.StartsWith($"{backend} kernel used", attention.Explain(q, k, k, pattern, q, AttentionElement.BFloat16, scale), StringComparison.Ordinal);
    }

    [Fact]
    public void Saying_which_kernel_would_run_asks_the_driver_for_nothing()
    {
        using var driver = new FakeCudaDriver();
        using var attention = new CudaAttention(CudaDevice.Open(driver, 0), NoCache);
        int opened = driver.Calls.Count;
        var dense = SparsePattern.Dense(200, 300);
        CudaTensor q = Tensor(200, 128), k = Tensor(300, 128);
        foreach (SparsePattern pattern in (SparsePattern[])[dense, dense.WithKeyBias(new float[300]), SparsePattern.FromDenseMask(new bool[200, 300], QueryTiles.Raster(200, 128))])
        {
            foreach (double scale in (double[])[0.5, -0.5])
            {
                AttentionBackend expected = scale > 0 ? AttentionBackend.Hopper : AttentionBackend.Ampere;
                Assert.Equal(expected, attention.BackendOf(q, k, k, pattern, q, AttentionElement.BFloat16, scale));
                Assert.Equal(expected, attention.Weigh(q, k, k, pattern, q, AttentionElement.BFloat16, scale).Used);
            }
        }

        Assert.Equal(opened, driver.Calls.Count);
        Assert.Throws<NotSupportedException>(() => attention.BackendOf(
            Tensor(200, 64, heads: 70000), Tensor(300, 64, heads: 70000), Tensor(300, 64, heads: 70000), dense, Tensor(200, 64, heads: 70000), AttentionElement.Float32, 1));
    }

    [Fact]
    public void Calls_are_counted_by_kernel()
    {
        using var driver = new FakeCudaDriver();
        using var attention = new CudaAttention(CudaDevice.Open(driver, 0), NoCache);
        var counted = new List<KeyValuePair<string, object?>>();
        int thread = Environment.CurrentManagedThreadId; // other tests report to the same meter at the same time
        using var meters = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument is { Meter.Name: "VarSparse", Name: "varsparse.attention.calls" }) listener.EnableMeasurementEvents(instrument);
            },
        };
        meters.SetMeasurementEventCallback<long>((_, _, tags, _) =>
        {
            if (Environment.CurrentManagedThreadId == thread) counted.Add(tags[0]);
        });
        meters.Start();

        var pattern = SparsePattern.Dense(200, 300);
        foreach ((int dimension, double scale) in ((int, double)[])[(128, 1), (128, -1), (72, 1)])
            attention.Run(Tensor(200, dimension), Tensor(300, dimension), Tensor(300, dimension), pattern, Tensor(200, dimension), AttentionElement.BFloat16, scale);

        Assert.Equal([new("backend", "Hopper"), new("backend", "Ampere"), new("backend", "Portable")], counted);
    }

    [Fact]
    public void A_pattern_is_uploaded_once_and_a_kernel_loaded_once()
    {
        using var driver = new FakeCudaDriver();
        using var attention = new CudaAttention(CudaDevice.Open(driver, 0), NoCache);
        var pattern = SparsePattern.Dense(200, 300);
        CudaTensor q = Tensor(200, 64), k = Tensor(300, 64);
        for (int call = 0; call < 3; call++)
            attention.Run(q, k, k, pattern, q, AttentionElement.BFloat16);
        Assert.Equal((3, 1, 1), (driver.Launches.Count, driver.LiveMemoryBlocks, driver.LiveModules));
    }

    [Fact]
    public void Tiles_go_in_pairs_where_they_outnumber_multiprocessors()
    {
        using var driver = new FakeCudaDriver();
        using var attention = new CudaAttention(CudaDevice.Open(driver, 0), NoCache);
        int multiprocessors = attention.Device.Properties.MultiprocessorCount, heads = multiprocessors / 10 + 1;
        QueryTiles tiles = QueryTiles.Raster(10 * 64, 64);
        var pattern = SparsePattern.FromKeyLists(tiles, 300, [.. Enumerable.Range(0, 10).Select(tile => Enumerable.Range(20 * tile, 100).ToArray())]);
        foreach ((int headCount, double scale) in ((int, double)[])[(1, 1), (heads, 1), (heads, -1)])
            attention.Run(Tensor(640, 64, headCount), Tensor(300, 64, headCount), Tensor(300, 64, headCount), pattern, Tensor(640, 64, headCount), AttentionElement.BFloat16, scale);

        // Ten tiles of a head are as many units, five pairs of each of many heads half as many; the Ampere kernel takes tiles as they are.
        Assert.Equal([10, 5 * heads, 10], driver.Launches.Select(launch => launch.Shape.GridX));
        Assert.Equal(2, driver.LiveMemoryBlocks);
    }

    [Fact]
    public void Uploading_waits_for_one_copy_and_not_for_the_work_before_it()
    {
        using var driver = new FakeCudaDriver();
        using var attention = new CudaAttention(CudaDevice.Open(driver, 0), NoCache);
        foreach (int keys in (int[])[300, 400])
            attention.Run(Tensor(200, 64), Tensor(keys, 64), Tensor(keys, 64), SparsePattern.Dense(200, keys), Tensor(200, 64), AttentionElement.BFloat16);
        Assert.Equal((2, 2, 1), (driver.CountOf(nameof(CudaNative.cuMemcpyHtoDAsync_v2)), driver.CountOf(nameof(CudaNative.cuStreamSynchronize)), driver.CountOf(nameof(CudaNative.cuStreamCreate))));
        foreach (string waits in (string[])[nameof(CudaNative.cuMemcpyHtoD_v2), nameof(CudaNative.cuCtxSynchronize)])
            Assert.Equal(0, driver.CountOf(waits));
    }

    // Numbers that are all different, so that none can stand for another.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_kernel_is_given_the_tensors_the_call_and_all_of_the_pattern(bool isResident)
    {
        using var driver = new FakeCudaDriver();
        using var attention = new CudaAttention(CudaDevice.Open(driver, 0), NoCache);
        CudaTensor q = Strided(0x1000, 256, 1), k = Strided(0x2000, 680, 2), v = Strided(0x3000, 680, 3), output = Strided(0x4000, 256, 4);
        using CudaPattern resident = attention.BuildCrossScaleLocal(ScaleSchedule.Var256, 9);
        driver.ParameterSizes = [Unsafe.SizeOf<AttentionParameters>()];
        if (isResident)
            attention.RunResident(q, k, v, resident, output, AttentionElement.BFloat16, 0.25, logSumExp: 0x5000);
        else
            attention.Run(q, k, v, CrossScaleLocal.Create(ScaleSchedule.Var256, 9), output, AttentionElement.BFloat16, 0.25, logSumExp: 0x5000);

        AttentionParameters given = MemoryMarshal.Read<AttentionParameters>(driver.Launches.Last().Arguments[0]);
        Assert.Equal((0x1000u, 0x2000u, 0x3000u, 0x4000u, 0x5000u), (given.Queries, given.Keys, given.Values, given.Output, given.LogSumExp));
        Assert.Equal((q.Layout.BatchStride, q.Layout.HeadStride, q.Layout.TokenStride), (given.QueryBatchStride, given.QueryHeadStride, given.QueryTokenStride));
        Assert.Equal((k.Layout.BatchStride, k.Layout.HeadStride, k.Layout.TokenStride), (given.KeyBatchStride, given.KeyHeadStride, given.KeyTokenStride));
        Assert.Equal((v.Layout.BatchStride, v.Layout.HeadStride, v.Layout.TokenStride), (given.ValueBatchStride, given.ValueHeadStride, given.ValueTokenStride));
        Assert.Equal(
            (output.Layout.BatchStride, output.Layout.HeadStride, output.Layout.TokenStride),
            (given.OutputBatchStride, given.OutputHeadStride, given.OutputTokenStride));
        Assert.Equal((2, 3, 0.25f / MathF.Log(2)), (given.Batch, given.Heads, given.ScaleLog2));

        // What the host and the device make of one pattern differs in where it lies.
        string[] ofCalls = ["Queries", "Keys", "Values", "Output", "LogSumExp", "Batch", "Heads", "ScaleLog2"];
        string[] addresses = ["SlotQueries", "KeyIndices", "ListRanges", "ListOfTile", "StepRanges", "BlockStates", "MaskFragments"];
        foreach (FieldInfo field in typeof(AttentionParameters).GetFields().Where(field => !ofCalls.Contains(field.Name) && !IsTensorStride(field)))
        {
            if (isResident || !addresses.Contains(field.Name))
                Assert.Equal((field.Name, field.GetValue(resident.Parameters)), (field.Name, field.GetValue(given)));
            else
                Assert.NotEqual((field.Name, 0ul), (field.Name, field.GetValue(given)));
        }

        static bool IsTensorStride(FieldInfo field) =>
            field.Name.EndsWith("Stride", StringComparison.Ordinal) && !field.Name.StartsWith("List", StringComparison.Ordinal);

        static CudaTensor Strided(ulong address, int tokens, int number) =>
            new(address, new(2, 3, tokens, 128, 10_000_000 + 8 * number, 1_000_000 + 16 * number, 128 + 8 * number));
    }

    [Fact]
    public void Queries_in_no_tile_are_a_second_launch()
    {
        using var driver = new FakeCudaDriver();
        using var attention = new CudaAttention(CudaDevice.Open(driver, 0), NoCache);
        var pattern = SparsePattern.FromKeyLists(QueryTiles.FromLists(5, [[0, 2]]), 3, [[1, 2]]);
        attention.Run(Tensor(5, 64), Tensor(3, 64), Tensor(3, 64), pattern, Tensor(5, 64), AttentionElement.BFloat16);
        Assert.Equal([384, 32], driver.Launches.Select(launch => launch.Shape.BlockX));
        Assert.Equal(3, driver.Launches.Last().Shape.GridX);
    }

    [Fact]
    public void A_pattern_is_built_and_used_without_waiting_for_the_device()
    {
        using var driver = new FakeCudaDriver();
        using var attention = new CudaAttention(CudaDevice.Open(driver, 0), NoCache);
        using (CudaPattern pattern = attention.BuildCrossScaleLocal(ScaleSchedule.Var256, 9, stream: 7))
        {
            Assert.Equal((256, 680, 1, 1), (pattern.QueryCount, pattern.KeyCount, pattern.HeadCount, pattern.BatchCount));
            attention.RunResident(Tensor(256, 64), Tensor(680, 64), Tensor(680, 64), pattern, Tensor(256, 64), AttentionElement.BFloat16, stream: 7);
            Assert.StartsWith(
                "k: has 679 tokens, expected 680,",
                Assert.Throws<ArgumentException>(() => attention.RunResident(
                    Tensor(256, 64), Tensor(679, 64), Tensor(679, 64), pattern, Tensor(256, 64), AttentionElement.BFloat16)).Message,
                StringComparison.Ordinal);
        }

        Assert.Equal([(nint)7, 7], driver.Launches.Select(launch => launch.Stream));
        Assert.Equal((nint)7, Assert.Single(driver.WriteStreams));
        Assert.Equal(1, driver.CountOf(nameof(CudaNative.cuMemcpyHtoDAsync_v2)));
        Assert.Equal(0, driver.CountOf(nameof(CudaNative.cuMemsetD8Async)));
        foreach (string waits in (string[])[nameof(CudaNative.cuMemcpyHtoD_v2), nameof(CudaNative.cuMemcpyDtoH_v2), nameof(CudaNative.cuStreamSynchronize), nameof(CudaNative.cuCtxSynchronize)])
            Assert.Equal(0, driver.CountOf(waits));
        Assert.Equal(0, driver.LiveMemoryBlocks);
    }

    [Fact]
    public void A_pattern_that_cannot_be_built_leaves_nothing_behind()
    {
        using var driver = new FakeCudaDriver();
        using var attention = new CudaAttention(CudaDevice.Open(driver, 0), NoCache);
        driver.Fail(nameof(CudaNative.cuLaunchKernel), CudaResult.IllegalAddress);
        Assert.Contains("cuLaunchKernel", Assert.Throws<CudaException>(() => attention.BuildCrossScaleLocal(ScaleSchedule.Var256, 9)).Message, StringComparison.Ordinal);
        Assert.Equal(0, driver.LiveMemoryBlocks);
    }

    [Fact]
    public void Windows_that_see_too_much_for_the_device_are_refused_before_anything_is_allocated()
    {
        using var driver = new FakeCudaDriver { SharedMemoryPerBlockOptIn = 0 };
        using var attention = new CudaAttention(CudaDevice.Open(driver, 0), NoCache);
        var schedule = new ScaleSchedule([.. Enumerable.Repeat(new GridSize(64, 64), 25)]);
        var options = new CrossScaleLocalOptions { Windows = [.. Enumerable.Repeat(127, 25)], SinkScales = 0 };

        // A tile of two words sees 25 x 128 lines, which take 16 bytes each of the 48 KB that this device has.
        string message = Assert.Throws<ArgumentException>(() => attention.BuildCrossScaleLocal(schedule, 24, options)).Message;
        Assert.StartsWith("options: windows let a tile of 8x16 queries see 3200 rows and columns of all scales, expected at most ", message, StringComparison.Ordinal);
        int most = int.Parse(message.Split("at most ")[1].Split(' ')[0], CultureInfo.InvariantCulture);
        Assert.InRange(most, 2000, 3071);
        Assert.Equal(0, driver.CountOf(nameof(CudaNative.cuMemAlloc_v2)));
        int[] fewer = [.. Enumerable.Repeat(127, most / 128), .. Enumerable.Repeat(-1, 25 - most / 128)];
        attention.BuildCrossScaleLocal(schedule, 24, options with { Windows = fewer }).Dispose();
    }

    [Fact]
    public void Memory_that_runs_out_says_how_much_was_asked_for_and_the_next_call_works()
    {
        using var driver = new FakeCudaDriver();
        using var attention = new CudaAttention(CudaDevice.Open(driver, 0), NoCache);
        var pattern = SparsePattern.Dense(200, 300);
        CudaTensor q = Tensor(200, 64), k = Tensor(300, 64);
        driver.Fail(nameof(CudaNative.cuMemAlloc_v2), CudaResult.OutOfMemory, times: 2);

        CudaException error = Assert.Throws<CudaException>(() => attention.Run(q, k, k, pattern, q, AttentionElement.BFloat16));
        Assert.Matches("^cuMemAlloc_v2 of [0-9]+ bytes failed: CUDA_ERROR_OUT_OF_MEMORY", error.Message);
        Assert.Throws<CudaException>(() => attention.BuildCrossScaleLocal(ScaleSchedule.Var256, 9));
        Assert.Equal((0, 0), (driver.LiveMemoryBlocks, driver.Launches.Count));

        attention.Run(q, k, k, pattern, q, AttentionElement.BFloat16);
        Assert.Equal((1, 1), (driver.LiveMemoryBlocks, driver.Launches.Count));
    }

    [Fact]
    public void Every_driver_call_may_fail_once_and_the_next_run_works()
    {
        foreach (string call in (string[])[
            nameof(CudaNative.cuMemAlloc_v2), nameof(CudaNative.cuStreamCreate), nameof(CudaNative.cuMemcpyHtoDAsync_v2), nameof(CudaNative.cuStreamSynchronize),
            nameof(CudaNative.cuModuleLoadDataEx) + " ptx",
            nameof(CudaNative.cuModuleGetFunction), nameof(CudaNative.cuFuncGetAttribute), nameof(CudaNative.cuFuncSetAttribute),
            nameof(CudaNative.cuLaunchKernel), nameof(CudaNative.cuCtxPushCurrent_v2)])
        {
            using var driver = new FakeCudaDriver();
            using (var attention = new CudaAttention(CudaDevice.Open(driver, 0), NoCache))
            {
                var pattern = SparsePattern.Dense(200, 300);
                CudaTensor q = Tensor(200, 64), k = Tensor(300, 64);
                driver.Fail(call, CudaResult.OutOfMemory, times: 1);
                Assert.StartsWith(call.Split(' ')[0], Assert.Throws<CudaException>(() => attention.Run(q, k, k, pattern, q, AttentionElement.BFloat16)).Message, StringComparison.Ordinal);
                attention.Run(q, k, k, pattern, q, AttentionElement.BFloat16);
                Assert.Single(driver.Launches);
            }

            Assert.Equal((0, 0, 0, 0), (driver.LiveMemoryBlocks, driver.LiveModules, driver.LiveStreamsAndEvents, driver.ContextStack.Count));
        }
    }

    [Fact]
    public void Threads_share_patterns_while_others_come_and_go_and_nothing_is_left()
    {
        const int callers = 8, calls = 200;
        using var driver = new FakeCudaDriver { Records = false };
        using (var attention = new CudaAttention(CudaDevice.Open(driver, 0), NoCache))
        {
            SparsePattern[] shared = [.. Enumerable.Range(1, 6).Select(i => SparsePattern.Dense(30 * i, 50 * i))];
            var failures = new System.Collections.Concurrent.ConcurrentQueue<Exception>();
            Thread[] threads = [.. Enumerable.Range(0, callers).Select(caller => new Thread(() =>
            {
                try
                {
                    var random = new Random(caller);
                    for (int call = 0; call < calls; call++)
                    {
                        // One in ten is a pattern that only this call knows, and one in ten lives on the device and is disposed.
                        int kind = random.Next(10);
                        SparsePattern pattern = kind == 0 ? SparsePattern.Dense(random.Next(1, 90), random.Next(1, 90)) : shared[random.Next(shared.Length)];
                        CudaTensor q = Tensor(pattern.QueryCount, 64), k = Tensor(pattern.KeyCount, 64);
                        attention.Run(q, k, k, pattern, q, AttentionElement.BFloat16);
                        if (kind == 1)
                            attention.BuildCrossScaleLocal(ScaleSchedule.FromSides(1, 2, 4), 2).Dispose();
                    }
                }
                catch (Exception failure)
                {
                    failures.Enqueue(failure);
                }
            }))];
            Array.ForEach(threads, thread => thread.Start());
            Array.ForEach(threads, thread => thread.Join());
            Assert.Empty(failures);
            Assert.True(SpinWait.SpinUntil(
                () =>
                {
                    GC.Collect();
                    GC.WaitForPendingFinalizers();
                    return driver.LiveMemoryBlocks <= shared.Length;
                },
                TimeSpan.FromSeconds(20)), $"{driver.LiveMemoryBlocks} blocks of {shared.Length} patterns");
            GC.KeepAlive(shared);
        }

        Assert.Equal((0, 0, 0), (driver.LiveMemoryBlocks, driver.LiveModules, driver.RetainCount));
    }

    [Fact]
    public void Lists_go_from_sums_to_a_pattern_without_waiting_for_the_device()
    {
        using var driver = new FakeCudaDriver();
        using var attention = new CudaAttention(CudaDevice.Open(driver, 0), NoCache);
        using CudaKeyMap map = attention.Selection.CreateMap(ScaleSchedule.Var256, 8, 9, batch: 1, heads: 1, capacity: 40, stream: 7);
        Assert.Equal([(nint)7, 7, 7, 7], driver.WriteStreams);
        Assert.Equal((0, 3), (driver.CountOf(nameof(CudaNative.cuMemcpyHtoD_v2)), driver.CountOf(nameof(CudaNative.cuMemcpyHtoDAsync_v2))));
        int made = driver.Calls.Count;
        var lists = new CudaKeyLists(4096, 8192, 40);

        attention.Selection.ColumnSums(Tensor(169, 64), Tensor(424, 64), 4096, new GridSize(13, 13), TileShape.Default, 4096, AttentionElement.BFloat16);
        attention.Selection.KeepHeaviest(4096, rows: 2, keyCount: 424, keep: 40, lists);
        attention.Selection.KeepCoverage(4096, rows: 2, keyCount: 424, coverage: 0.5, lists);
        map.Run(lists);

        // 2 tiles of 16 x 16 tokens in 8 x 16; of 13 x 13 tokens too.
        Assert.Equal([2, 2, 2, 2], driver.Launches.Select(launch => launch.Shape.GridX));
        Assert.DoesNotContain(driver.Calls.Skip(made), call => call.Contains("Memcpy", StringComparison.Ordinal) || call.Contains("Synchronize", StringComparison.Ordinal) || call.Contains("MemAlloc", StringComparison.Ordinal));
        Assert.StartsWith("lists: got a capacity of 41, expected 1 to 40", Assert.Throws<ArgumentException>(() => map.Run(lists with { Capacity = 41 })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Scores_are_two_launches_each()
    {
        using var driver = new FakeCudaDriver();
        using var attention = new CudaAttention(CudaDevice.Open(driver, 0), NoCache);
        attention.Scoring.HighFrequencyEnergy(4096, AttentionElement.Float32, 2, 32, new GridSize(13, 13), new GridSize(16, 16), 4096, 4096);
        attention.Scoring.GuidanceDistance(4096, 8192, AttentionElement.Float16, 3, 256, 4096, 4096, 4096);
        attention.Scoring.PoolBlocks(Tensor(256, 64), Tensor(256, 64), new GridSize(16, 16), 4, Tensor(16, 64), Tensor(16, 64), 4096, AttentionElement.BFloat16);
        Assert.Equal([(1, 2), (2, 2), (256, 3), (3, 1), (16, 1)], driver.Launches.Select(launch => (launch.Shape.GridX, launch.Shape.GridY)));
    }

    private static CudaTensor Tensor(int tokens, int dimension, int heads = 1) => new(4096, AttentionLayout.HeadsFirst(1, heads, tokens, dimension));
}
