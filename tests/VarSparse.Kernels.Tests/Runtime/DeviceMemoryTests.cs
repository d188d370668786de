using VarSparse.Kernels.Runtime;

namespace VarSparse.Kernels.Tests.Runtime;

public sealed unsafe class DeviceMemoryTests : IDisposable
{
    private readonly FakeCudaDriver _driver = new();
    private readonly CudaDevice _device;
    private readonly DeviceMemory _memory;

    public DeviceMemoryTests()
    {
        _device = CudaDevice.Open(_driver, 0);
        _memory = _device.Allocate(32);
    }

    public void Dispose()
    {
        _memory.Dispose();
        _device.Dispose();
        _driver.Dispose();
    }

    [Fact]
    public void What_is_uploaded_comes_back_at_its_offset()
    {
        _memory.ClearAsync();
        _memory.Upload<short>([1, 2, 3], byteOffset: 4);

        Assert.Equal([0, 0, 1, 2, 3, 0], Downloaded<short>(6));
        short[] tail = new short[2];
        _memory.Download<short>(tail, byteOffset: 6);
        Assert.Equal([2, 3], tail);
    }

    [Fact]
    public void Asynchronous_copies_move_the_bytes_they_say()
    {
        int[] source = [1, 2, 3, 4], destination = new int[2];
        _memory.ClearAsync();
        fixed (int* from = source)
        fixed (int* to = destination)
        {
            _memory.UploadAsync(from, 16);
            _memory.CopyFromAsync(_memory.Address + 4, 8, byteOffset: 24);
            _memory.DownloadAsync(to, 8, byteOffset: 24);
        }

        Assert.Equal([2, 3], destination);
        Assert.Equal([1, 2, 3, 4, 0, 0, 2, 3], Downloaded<int>(8));
    }

    [Fact]
    public void Filling_sets_every_word()
    {
        _memory.FillAsync(float.NegativeInfinity);

        Assert.All(Downloaded<float>(8), value => Assert.Equal(float.NegativeInfinity, value));
        Assert.Throws<ArgumentException>(() => _memory.FillAsync(1.0));
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(0, -1)]
    [InlineData(33, 0)]
    [InlineData(long.MaxValue, 0)]
    public void A_copy_beyond_the_block_is_refused(long offset, long sizeChange)
    {
        byte[] bytes = new byte[32];
        _driver.Calls.Clear();
        if (sizeChange == 0)
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => _memory.Upload<byte>(bytes, offset));
            Assert.Throws<ArgumentOutOfRangeException>(() => _memory.Download<byte>(bytes, offset));
        }
        Assert.Throws<ArgumentOutOfRangeException>(() => _memory.CopyFromAsync(0, sizeChange == 0 ? 32 : -1, offset));
        Assert.Empty(_driver.Calls);
    }

    [Fact]
    public void Nothing_to_copy_calls_nothing()
    {
        _driver.Calls.Clear();
        _memory.Upload<int>([], byteOffset: 32);
        _memory.Download<int>([], byteOffset: 32);
        Assert.Empty(_driver.Calls);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-8)]
    public void A_block_has_a_size(long bytes) => Assert.Throws<ArgumentOutOfRangeException>(() => _device.Allocate(bytes));

    private T[] Downloaded<T>(int count)
        where T : unmanaged
    {
        var values = new T[count];
        _memory.Download<T>(values);
        return values;
    }
}
