using VarSparse.Kernels.Runtime;
using VarSparse.Kernels.Tests.Support;

namespace VarSparse.Kernels.Tests.Attention;

/// <summary>Memory that kernels under test can address.</summary>
internal interface IProblemStore : IDisposable
{
    /// <summary>A copy of some bytes.</summary>
    /// <returns>Its address.</returns>
    ulong Copy(ReadOnlySpan<byte> bytes);

    void Read(ulong address, Span<byte> bytes);
}

/// <summary>For the CPU accelerator.</summary>
internal sealed class HostStore : IProblemStore
{
    private readonly Dictionary<ulong, AlignedMemory> _blocks = [];

    public ulong Copy(ReadOnlySpan<byte> bytes)
    {
        AlignedMemory block = AlignedMemory.Copy(bytes);
        _blocks.Add(block.Address, block);
        return block.Address;
    }

    public void Read(ulong address, Span<byte> bytes) => _blocks[address].CopyTo(bytes);

    public void Dispose()
    {
        foreach (AlignedMemory block in _blocks.Values)
            block.Dispose();
    }
}

/// <summary>For a CUDA device.</summary>
internal sealed class DeviceStore(CudaDevice device) : IProblemStore
{
    private readonly Dictionary<ulong, DeviceMemory> _blocks = [];

    public ulong Copy(ReadOnlySpan<byte> bytes)
    {
        DeviceMemory block = device.Allocate(Math.Max(bytes.Length, 1));
        block.Upload(bytes);
        _blocks.Add(block.Address, block);
        return block.Address;
    }

    public void Read(ulong address, Span<byte> bytes) => _blocks[address].Download(bytes);

    public void Dispose()
    {
        foreach (DeviceMemory block in _blocks.Values)
            block.Dispose();
    }
}
