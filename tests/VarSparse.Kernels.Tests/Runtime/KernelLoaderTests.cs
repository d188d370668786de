using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using VarSparse.Kernels.Runtime;

namespace VarSparse.Kernels.Tests.Runtime;

public sealed class KernelLoaderTests : IDisposable
{
    private const string LoadPtx = nameof(CudaNative.cuModuleLoadDataEx) + " ptx";
    private const string LoadCubin = nameof(CudaNative.cuModuleLoadDataEx) + " cubin";

    private readonly TemporaryFolder _temporary = new();
    private readonly FakeCudaDriver _driver = new();
    private readonly CudaDevice _device;

    public KernelLoaderTests() => _device = CudaDevice.Open(_driver, 0);

    public void Dispose()
    {
        _device.Dispose();
        _driver.Dispose();
        _temporary.Dispose();
    }

    [Fact]
    public void The_first_process_compiles_and_the_next_loads_from_disk()
    {
        using (LoadedKernel first = Load()) Assert.Equal("ptxas info : Used 90 registers", first.CompilerLog);
        Assert.Equal((1, 1, 1), (_driver.CountOf(LoadPtx), _driver.CountOf(nameof(CudaNative.cuLinkComplete)), _driver.CountOf(LoadCubin)));

        _driver.Calls.Clear();
        using LoadedKernel second = Load();

        Assert.Equal((0, 0, 1), (_driver.CountOf(LoadPtx), _driver.CountOf(nameof(CudaNative.cuLinkCreate_v2)), _driver.CountOf(LoadCubin)));
        Assert.Equal("", second.CompilerLog);
        Assert.Equal(1, _driver.LiveModules);
    }

    [Fact]
    public void The_first_process_runs_the_fully_optimised_code()
    {
        using LoadedKernel kernel = Load();

        Assert.Equal("ptxas info : Used 90 registers", kernel.CompilerLog);
        Assert.Equal(1, _driver.LiveModules);
    }

    [Fact]
    public void A_stored_cubin_that_the_driver_rejects_is_compiled_anew_and_replaced()
    {
        Load().Dispose();
        byte[] stored = File.ReadAllBytes(Entry());
        File.SetLastWriteTimeUtc(Entry(), DateTime.UtcNow.AddDays(-1));
        _driver.Calls.Clear();
        _driver.Fail(LoadCubin, CudaResult.NoBinaryForGpu, times: 1);

        using LoadedKernel kernel = Load();

        Assert.Equal((1, 2), (_driver.CountOf(LoadPtx), _driver.CountOf(LoadCubin)));
        Assert.Equal(stored, File.ReadAllBytes(Entry()));
        Assert.True(DateTime.UtcNow - File.GetLastWriteTimeUtc(Entry()) < TimeSpan.FromHours(1));
    }

    [Fact]
    public void A_damaged_entry_is_compiled_anew_and_replaced()
    {
        Load().Dispose();
        File.WriteAllText(Entry(), "not an entry");
        _driver.Calls.Clear();
        Load().Dispose();
        Assert.Equal(1, _driver.CountOf(LoadPtx));

        _driver.Calls.Clear();
        using LoadedKernel kernel = Load();
        Assert.Equal(0, _driver.CountOf(LoadPtx));
    }

    [Fact]
    public void A_kernel_that_the_linker_would_spoil_is_never_run_that_way_and_that_is_remembered()
    {
        (string, Action, KernelSource)[] cases =
        [
            ("more registers", () => _driver.Relocatable = _driver.Optimised with { Registers = 120 }, SamplePtx.Scale),
            ("spills", () => _driver.Relocatable = _driver.Optimised with { LocalBytes = 8 }, SamplePtx.Scale),
            ("a warning", () => _driver.LinkInfoLog = "ptxas info : (C7504) Potential Performance Loss: 'setmaxnreg' ignored", SamplePtx.Scale),
            ("setmaxnreg", () => { }, SamplePtx.Scale with { Ptx = SamplePtx.Scale.Ptx + "// setmaxnreg" }),
        ];
        foreach ((string name, Action spoil, KernelSource source) in cases)
        {
            using var temporary = new TemporaryFolder();
            spoil();
            _driver.Calls.Clear();
            Load(source, temporary.Path).Dispose();
            int links = _driver.CountOf(nameof(CudaNative.cuLinkCreate_v2));
            Load(source, temporary.Path).Dispose();

            Assert.True(_driver.CountOf(LoadPtx) == 2, name);
            Assert.True(links == (name == "setmaxnreg" ? 0 : 1), name);
            Assert.True(_driver.CountOf(nameof(CudaNative.cuLinkCreate_v2)) == links, name);
            Assert.True(_driver.LiveModules == 0, name);
            _driver.Relocatable = _driver.Optimised;
            _driver.LinkInfoLog = "";
        }
    }

    [Theory]
    [InlineData(nameof(CudaNative.cuLinkCreate_v2))]
    [InlineData(nameof(CudaNative.cuLinkAddData_v2))]
    [InlineData(nameof(CudaNative.cuLinkComplete))]
    [InlineData(nameof(CudaNative.cuLinkDestroy))]
    [InlineData(LoadCubin)]
    public void A_failure_on_the_way_to_the_disk_costs_only_the_entry(string call)
    {
        _driver.Fail(call, CudaResult.OutOfMemory, times: 1);

        using LoadedKernel kernel = Load();

        Assert.Empty(Directory.GetFiles(_temporary.Path));
        Assert.Equal((1, 0), (_driver.LiveModules, _driver.LiveLinks));
        using LoadedKernel again = Load();
        Assert.Single(Directory.GetFiles(_temporary.Path));
    }

    [Fact]
    public void Without_a_cache_nothing_is_linked()
    {
        var loader = new KernelLoader(_device, new DiskCache(new DiskCacheLocation(null, "off")));

        using LoadedKernel kernel = loader.Load(SamplePtx.Scale);

        Assert.Equal(0, _driver.CountOf(nameof(CudaNative.cuLinkCreate_v2)));
    }

    [Fact]
    public void Compilations_loads_and_launches_are_counted_and_traced()
    {
        // Unique, as other tests report to the same meter at the same time.
        string name = $"Kernel_Scale{Guid.NewGuid():N}";
        var source = new KernelSource(SamplePtx.Scale.Ptx.Replace(SamplePtx.ScaleName, name, StringComparison.Ordinal), name);
        var measured = new ConcurrentQueue<(string Instrument, double Value)>();
        using var meters = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == "VarSparse") listener.EnableMeasurementEvents(instrument);
            },
        };
        void Record(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            foreach (KeyValuePair<string, object?> tag in tags)
            {
                if (tag.Key == "kernel" && Equals(tag.Value, name)) measured.Enqueue((instrument.Name, value));
            }
        }
        meters.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Record(instrument, value, tags));
        meters.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Record(instrument, value, tags));
        meters.Start();
        var traced = new ConcurrentQueue<string?>();
        using var activities = new ActivityListener
        {
            ShouldListenTo = activity => activity.Name == "VarSparse",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity =>
            {
                if (Equals(activity.GetTagItem("kernel"), name)) traced.Enqueue($"{activity.OperationName} {activity.GetTagItem("disk_cache")}");
            },
        };
        ActivitySource.AddActivityListener(activities);

        Load(source).Dispose();
        using LoadedKernel kernel = Load(source);
        kernel.Launch(new LaunchShape(1, 32), SamplePtx.ScaleArguments(0, 0, 0f));
        kernel.Launch(new LaunchShape(1, 32), SamplePtx.ScaleArguments(0, 0, 0f));

        Assert.Equal(["VarSparse.LoadKernel stored", "VarSparse.LoadKernel hit"], traced);
        Assert.Equal(
            ["varsparse.kernels.compiled", "varsparse.kernel.compile.duration", "varsparse.kernels.loaded_from_disk", "varsparse.kernel.launches", "varsparse.kernel.launches"],
            measured.Select(measurement => measurement.Instrument));
        Assert.InRange(measured.Single(measurement => measurement.Instrument == "varsparse.kernel.compile.duration").Value, 0, 10);
        Assert.All(measured.Where(measurement => !measurement.Instrument.EndsWith("duration", StringComparison.Ordinal)),
            measurement => Assert.Equal(1, measurement.Value));
    }

    private string Entry() => Assert.Single(Directory.GetFiles(_temporary.Path));

    private LoadedKernel Load() => Load(SamplePtx.Scale);

    private LoadedKernel Load(KernelSource source) => Load(source, _temporary.Path);

    // A loader and a cache object of its own each time, as a new process has.
    private LoadedKernel Load(KernelSource source, string folder) =>
        new KernelLoader(_device, new DiskCache(new DiskCacheLocation(folder, null))).Load(source);
}
