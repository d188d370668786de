using System.Buffers.Binary;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using ILGPU;
using VarSparse.Patterns;

namespace VarSparse.Kernels.Runtime;

/// <summary>
/// SHA-256 of everything that decides what comes out: of a kernel's machine code the program, its entry and options, the device's compute
/// capability, the driver and this library's version.
/// </summary>
internal readonly struct DiskCacheKey
{
    internal const int Bytes = SHA256.HashSizeInBytes;

    private static readonly string LibraryVersion =
        typeof(DiskCacheKey).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    /// <summary>What kernels are made of and by: this library, what it calls of Core, and ILGPU.</summary>
    private static readonly Module[] s_compiledModules =
        [typeof(DiskCacheKey).Module, typeof(SparsePattern).Module, typeof(Context).Module, typeof(AlgorithmContext).Module];

    private readonly byte[] _hash;

    private DiskCacheKey(byte[] hash) => _hash = hash;

    internal ReadOnlySpan<byte> Hash => _hash;

    internal static DiskCacheKey Of(KernelSource source, CudaDeviceProperties device) =>
        Of(source, device.ComputeCapability, device.DriverVersion, LibraryVersion);

    internal static DiskCacheKey Of(KernelSource source, ComputeCapability capability, int driverVersion, string libraryVersion)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Add(hash, libraryVersion);
        Add(hash, driverVersion);
        Add(hash, capability.Major);
        Add(hash, capability.Minor);
        Add(hash, source.MaxRegisters);
        Add(hash, source.EntryPoint);
        Add(hash, PtxIdentity.Of(source.Ptx));
        return new DiskCacheKey(hash.GetHashAndReset());
    }

    /// <summary>
    /// The key of a method's PTX: everything that decides what comes out of the compiler. The modules' version identifiers change with every
    /// change of their code.
    /// </summary>
    internal static DiskCacheKey OfMethod(MethodInfo method, PtxTarget target, LaunchBounds bounds)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Add(hash, "ptx");
        foreach (Module module in (Module[])[method.Module, .. s_compiledModules])
            Add(hash, module.ModuleVersionId.ToString());
        Add(hash, method.DeclaringType!.ToString());
        Add(hash, method.ToString()!);

        // A method's own text cuts its type arguments short: those of PortablePair<PortablePair<...>> are not in it.
        foreach (Type argument in method.GetGenericArguments())
            Add(hash, argument.ToString());
        Add(hash, target.Name);
        Add(hash, bounds.MaxThreads);
        Add(hash, bounds.MinGroupsPerMultiprocessor);
        return new DiskCacheKey(hash.GetHashAndReset());
    }

    public override string ToString() => Convert.ToHexStringLower(_hash);

    // Every part carries its length, so that no two lists of parts run together into the same bytes.
    private static void Add(IncrementalHash hash, string part)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(part);
        Add(hash, bytes.Length);
        hash.AppendData(bytes);
    }

    private static void Add(IncrementalHash hash, int part)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, part);
        hash.AppendData(bytes);
    }
}
