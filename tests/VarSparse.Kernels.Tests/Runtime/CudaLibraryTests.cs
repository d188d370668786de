using VarSparse.Kernels.Runtime;

namespace VarSparse.Kernels.Tests.Runtime;

public sealed class CudaLibraryTests
{
    // A library that every machine of the kind has, to look for symbols in.
    private static readonly string SystemLibrary =
        OperatingSystem.IsWindows() ? "kernel32.dll" : OperatingSystem.IsMacOS() ? "libSystem.dylib" : "libc.so.6";

    private static readonly string SystemSymbol = OperatingSystem.IsWindows() ? "GetTickCount64" : "malloc";

    [Fact]
    public void A_machine_without_the_library_is_told_what_was_looked_for()
    {
        bool loaded = CudaLibrary.TryLoad(["libno-such-driver.so.7", "libnor-this.so"], ["cuInit"], out nint handle, out string? reason);

        Assert.False(loaded);
        Assert.Equal(0, handle);
        Assert.Equal("no NVIDIA driver found (looked for libno-such-driver.so.7, libnor-this.so)", reason);
    }

    [Fact]
    public void A_driver_that_lacks_symbols_is_named_with_all_of_them()
    {
        bool loaded = CudaLibrary.TryLoad(
            ["libno-such-driver.so.7", SystemLibrary], [SystemSymbol, "cuNoSuchCall", "cuNorThis_v2"], out nint handle, out string? reason);

        Assert.False(loaded);
        Assert.Equal(0, handle);
        Assert.Equal(
            $"the NVIDIA driver's {SystemLibrary} lacks cuNoSuchCall, cuNorThis_v2; a driver for CUDA 11.0 or newer is needed", reason);
    }

    [Fact]
    public void The_first_library_that_exists_is_taken()
    {
        Assert.True(CudaLibrary.TryLoad(
            ["libno-such-driver.so.7", SystemLibrary], [SystemSymbol], out nint handle, out string? reason));
        Assert.NotEqual(0, handle);
        Assert.Null(reason);
    }

    [Fact]
    public void Every_import_is_required_by_its_exported_name()
    {
        IReadOnlyList<string> symbols = CudaLibrary.RequiredSymbols;

        Assert.Equal(symbols.Distinct(), symbols);
        Assert.All(symbols, symbol => Assert.Matches("^cu[A-Z][A-Za-z0-9]+(_v2)?$", symbol));

        // The unversioned exports of these are the 32-bit API of CUDA 3.1, or pop the context (cuDevicePrimaryCtxRelease).
        string[] versioned =
        [
            "cuDeviceTotalMem", "cuDevicePrimaryCtxRelease", "cuCtxPushCurrent", "cuCtxPopCurrent", "cuStreamDestroy", "cuEventDestroy",
            "cuMemGetInfo", "cuMemAlloc", "cuMemFree", "cuMemcpyHtoD", "cuMemcpyDtoH", "cuMemcpyHtoDAsync", "cuMemcpyDtoHAsync",
            "cuMemcpyDtoDAsync", "cuLinkCreate", "cuLinkAddData",
        ];
        Assert.Equal(versioned.Select(name => name + "_v2").Order(), symbols.Where(name => name.EndsWith("_v2", StringComparison.Ordinal)).Order());
    }

    [Fact]
    public void Without_a_driver_loading_fails_the_same_way_every_time()
    {
        Assert.SkipWhen(CudaDriver.TryLoad(out _, out _), "this machine has an NVIDIA driver");

        for (int i = 0; i < 2; i++)
        {
            CudaNotAvailableException error = Assert.Throws<CudaNotAvailableException>(() => CudaDevice.Open());
            Assert.StartsWith("CUDA is not available: ", error.Message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', error.Message);
            Assert.Equal(error.Message, $"CUDA is not available: {error.Reason}");
        }
    }
}
