using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Tests.Intrinsics;

public sealed class SwizzledTileTests
{
    [Fact]
    public void Offsets_are_the_hardwares_address_swizzle()
    {
        for (uint row = 0; row < 64; row++)
        {
            for (uint chunk = 0; chunk < SwizzledTile.ChunksPerRow; chunk++)
            {
                uint linear = (row * 128) + (chunk * 16);
                Assert.Equal(linear ^ ((linear >> 7 & 7) << 4), SwizzledTile.Offset(row, chunk));
            }
        }
    }

    [Fact]
    public void Eight_rows_of_a_chunk_and_eight_chunks_of_a_row_meet_all_banks()
    {
        for (uint fixedOne = 0; fixedOne < 8; fixedOne++)
        {
            Assert.Equal(8, Enumerable.Range(0, 8).Select(row => SwizzledTile.Offset((uint)row, fixedOne) % 128).Distinct().Count());
            Assert.Equal(8, Enumerable.Range(0, 8).Select(chunk => SwizzledTile.Offset(fixedOne, (uint)chunk) % 128).Distinct().Count());
        }
    }

    [Fact]
    public void Descriptors_hold_the_documented_fields()
    {
        // 62: 128-byte swizzle; 32: 1024 bytes to the next eight rows; 16: leading offset; 0: address; all but the first over 16.
        Assert.Equal((1UL << 62) | (64UL << 32) | (1UL << 16) | (0x2C00 / 16), SwizzledTile.Rows(0x2C00));
        Assert.Equal((1UL << 62) | (64UL << 32) | (1024UL << 16) | (0x38000 / 16), SwizzledTile.Columns(0x38000, 16384));
    }
}
