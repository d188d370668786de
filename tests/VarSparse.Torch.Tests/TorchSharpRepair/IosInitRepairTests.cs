using System.Text;
using VarSparse.TorchSharpRepair;

namespace VarSparse.Torch.Tests.TorchSharpRepair;

public sealed class IosInitRepairTests
{
    [Fact]
    public void The_package_is_repaired_by_a_name_a_version_and_a_flag()
    {
        byte[] original = PackagedLibrary.Read();
        byte[] repaired = [.. original];

        Assert.True(IosInitRepair.Apply(repaired));

        Assert.Equal(original.Length, repaired.Length);
        int changed = original.Zip(repaired).Count(pair => pair.First != pair.Second);
        Assert.InRange(changed, 3, sizeof(uint) + sizeof(ushort) + sizeof(ushort));
    }

    [Fact]
    public void A_second_repair_finds_nothing_to_do()
    {
        byte[] library = PackagedLibrary.Read();
        Assert.True(IosInitRepair.Apply(library));
        byte[] once = [.. library];

        Assert.False(IosInitRepair.Apply(library));

        Assert.Equal(once, library);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(600)]
    [InlineData(5_000)]
    [InlineData(200_000)]
    [InlineData(1_200_000)]
    [InlineData(2_399_007)]
    public void A_truncated_file_is_refused_and_left_as_it_was(int length)
    {
        byte[] library = PackagedLibrary.Read()[..length];
        Refused(library, length < 64 ? "no ELF file" : "it ends before offset");
    }

    [Theory]
    [InlineData(0, (byte)'M', "no ELF file")]
    [InlineData(4, 1, "not 64-bit little endian")]
    [InlineData(5, 2, "not 64-bit little endian")]
    [InlineData(16, 2, "ELF type is 2")]
    [InlineData(18, 3, "ELF machine is 3")]
    [InlineData(54, 32, "program headers have 32 bytes")]
    public void A_header_of_another_kind_is_refused(int offset, byte value, string reason)
    {
        byte[] library = PackagedLibrary.Read();
        library[offset] = value;
        Refused(library, reason);
    }

    [Theory]
    [InlineData("\0GLIBCXX_3.4.32\0", "\0GLIBCXX_3.4.39\0", "needs no GLIBCXX_3.4.32")]
    [InlineData("_floor\0", "_fl00r\0", "does not import floor")]
    [InlineData("\0libm.so.6\0", "\0libx.so.6\0", "floor does not come from libm.so.6")]
    public void Names_that_are_not_as_expected_are_refused(string expected, string other, string reason)
    {
        byte[] library = PackagedLibrary.Read();
        int at = library.AsSpan().IndexOf(Encoding.ASCII.GetBytes(expected));
        Assert.True(at > 0);
        Encoding.ASCII.GetBytes(other).CopyTo(library, at);
        Refused(library, reason);
    }

    [Fact]
    public void Aarch64_is_accepted()
    {
        byte[] library = PackagedLibrary.Read();
        library[18] = 183;
        Assert.True(IosInitRepair.Apply(library));
    }

    private static void Refused(byte[] library, string reason)
    {
        byte[] before = [.. library];
        var error = Assert.Throws<InvalidDataException>(() => IosInitRepair.Apply(library));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.Equal(before, library);
    }
}
