using System.Buffers.Binary;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace VarSparse.Kernels.Runtime;

/// <summary>
/// SHA-256 of everything that decides what machine code comes out: the program, its entry and options, the device's compute
/// capability, the driver and this library's version.
/// </summary>
internal readonly struct DiskCacheKey
{
    internal const int Bytes = SHA256.HashSizeInBytes;

    private static readonly string LibraryVersion =
        typeof(DiskCacheKey).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

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
