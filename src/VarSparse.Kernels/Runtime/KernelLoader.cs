using System.Diagnostics;

namespace VarSparse.Kernels.Runtime;

/// <summary>
/// Loads kernels: from disk where machine code is kept, else through the driver's compiler. What goes to disk is the driver
/// linker's cubin, and only if it needs exactly the resources of the fully optimised module and the compiler had no complaint;
/// else an empty entry remembers not to try again, and the driver's own cache is what makes the next start quick.
/// </summary>
internal sealed class KernelLoader(CudaDevice device, DiskCache disk)
{
    internal LoadedKernel Load(KernelSource source)
    {
        using Activity? activity = KernelTelemetry.Activities.StartActivity("VarSparse.LoadKernel");
        activity?.SetTag("kernel", source.EntryPoint).SetTag("device", device.Properties.Name);

        var key = DiskCacheKey.Of(source, device.Properties);
        byte[]? stored = disk.Read(key);
        if (stored is { Length: > 0 } && LoadStored(source, stored) is { } kept)
        {
            activity?.SetTag("disk_cache", "hit");
            KernelTelemetry.LoadedFromDisk.Add(1, KernelTelemetry.KernelTag(source.EntryPoint));
            return kept;
        }

        long start = Stopwatch.GetTimestamp();
        LoadedKernel kernel = LoadedKernel.Create(device, KernelModule.LoadPtx(device.Context, source), source);
        KernelTelemetry.Compiled.Add(1, KernelTelemetry.KernelTag(source.EntryPoint));
        KernelTelemetry.CompileTime.Record(
            Stopwatch.GetElapsedTime(start).TotalSeconds, KernelTelemetry.KernelTag(source.EntryPoint));

        bool knownUnfit = stored is { Length: 0 };
        string outcome = disk.Folder is null ? "off" : knownUnfit ? "unfit" : Store(key, source, kernel);
        activity?.SetTag("disk_cache", outcome);
        return kernel;
    }

    private LoadedKernel? LoadStored(KernelSource source, byte[] cubin)
    {
        try
        {
            return LoadedKernel.Create(device, KernelModule.LoadCubin(device.Context, cubin, source.EntryPoint), source);
        }
        catch (CudaException)
        {
            // Whatever the driver has against the entry, compiling anew either works and replaces it or raises the real error.
            return null;
        }
    }

    private string Store(in DiskCacheKey key, KernelSource source, LoadedKernel optimised)
    {
        try
        {
            string? unfit = LinkUnlessUnfit(source, optimised, out byte[] cubin);
            disk.Write(key, cubin);
            return unfit is null ? "stored" : $"unfit: {unfit}";
        }
        catch (CudaException exception)
        {
            return $"not linked: {exception.Message}";
        }
    }

    /// <summary>The cubin, or nothing and the reason why the kernel would be worse off with it.</summary>
    private string? LinkUnlessUnfit(KernelSource source, LoadedKernel optimised, out byte[] cubin)
    {
        cubin = [];
        if (source.Ptx.Contains("setmaxnreg", StringComparison.Ordinal)) return "the linker ignores setmaxnreg";

        byte[] linked = ModuleLinker.Link(device.Context, source, out string log);
        if (log.Contains("Potential Performance Loss", StringComparison.Ordinal)) return "the compiler warns of a performance loss";

        using LoadedKernel relocatable = LoadedKernel.Create(
            device, KernelModule.LoadCubin(device.Context, linked, source.EntryPoint), source);
        if (relocatable.Attributes != optimised.Attributes) return $"{relocatable.Attributes} instead of {optimised.Attributes}";

        cubin = linked;
        return null;
    }
}
