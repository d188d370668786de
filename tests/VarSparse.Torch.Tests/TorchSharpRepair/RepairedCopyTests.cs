using System.Runtime.InteropServices;
using VarSparse.TorchSharpRepair;

namespace VarSparse.Torch.Tests.TorchSharpRepair;

public sealed partial class RepairedCopyTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("varsparse-repair-");

    private string Copy => Path.Combine(_folder.FullName, "obj", "libLibTorchSharp.so");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void The_copy_is_written_once_and_the_package_never()
    {
        byte[] package = PackagedLibrary.Read();

        Assert.True(RepairedCopy.Update(PackagedLibrary.Path, Copy));
        DateTime written = File.GetLastWriteTimeUtc(Copy);
        Assert.False(RepairedCopy.Update(PackagedLibrary.Path, Copy));

        Assert.Equal(written, File.GetLastWriteTimeUtc(Copy));
        Assert.Equal(Repaired(), File.ReadAllBytes(Copy));
        Assert.Equal(package, PackagedLibrary.Read());
        Assert.Equal([Copy], Directory.GetFiles(Path.GetDirectoryName(Copy)!));
    }

    [Fact]
    public void A_copy_hard_linked_to_its_source_leaves_the_source_alone()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "makes its hard link with libc");
        string source = Path.Combine(_folder.FullName, "package.so");
        File.WriteAllBytes(source, PackagedLibrary.Read());
        Directory.CreateDirectory(Path.GetDirectoryName(Copy)!);
        Assert.Equal(0, Link(source, Copy));

        Assert.True(RepairedCopy.Update(source, Copy));

        Assert.Equal(PackagedLibrary.Read(), File.ReadAllBytes(source));
        Assert.Equal(Repaired(), File.ReadAllBytes(Copy));
    }

    [Fact]
    public void A_library_that_needs_no_repair_gets_no_copy()
    {
        string source = Path.Combine(_folder.FullName, "package.so");
        File.WriteAllBytes(source, Repaired());
        Assert.True(RepairedCopy.Update(PackagedLibrary.Path, Copy));

        Assert.False(RepairedCopy.Update(source, Copy));

        Assert.False(File.Exists(Copy));
    }

    [Fact]
    public void A_library_that_cannot_be_repaired_gets_no_copy()
    {
        string source = Path.Combine(_folder.FullName, "package.so");
        File.WriteAllBytes(source, PackagedLibrary.Read()[..100_000]);
        Assert.True(RepairedCopy.Update(PackagedLibrary.Path, Copy));

        Assert.Throws<InvalidDataException>(() => RepairedCopy.Update(source, Copy));

        Assert.False(File.Exists(Copy));
    }

    [Fact]
    public void These_tests_run_on_the_library_that_their_machine_needs()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only Linux has a library to repair");

        // A program published from the same folder has one of its own below it.
        string[] places = [AppContext.BaseDirectory, Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native")];
        string[] libraries = [.. places.Select(place => Path.Combine(place, "libLibTorchSharp.so")).Where(File.Exists)];

        byte[] expected = SystemLibStdCpp.HasIosInit() == false ? Repaired() : PackagedLibrary.Read();
        Assert.Equal(expected, File.ReadAllBytes(Assert.Single(libraries)));
    }

    private static byte[] Repaired()
    {
        byte[] library = PackagedLibrary.Read();
        Assert.True(IosInitRepair.Apply(library));
        return library;
    }

    [LibraryImport("libc", EntryPoint = "link", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string existing, string created);
}
