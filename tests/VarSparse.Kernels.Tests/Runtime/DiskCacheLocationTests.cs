using VarSparse.Kernels.Runtime;
using static VarSparse.Kernels.Runtime.DiskCacheLocation;

namespace VarSparse.Kernels.Tests.Runtime;

public sealed class DiskCacheLocationTests
{
    // Full on every platform the tests run on.
    private static readonly string Root = Path.GetFullPath(Path.Combine(Path.GetTempPath(), "varsparse-root"));

    [Fact]
    public void Each_system_has_its_place()
    {
        Assert.Equal(Path.Combine(Root, ".cache", "VarSparse"), Folder(OSPlatformKind.Unix, ("HOME", Root)));
        Assert.Equal(Path.Combine(Root, "VarSparse"), Folder(OSPlatformKind.Unix, ("XDG_CACHE_HOME", Root), ("HOME", "/elsewhere")));
        Assert.Equal(Path.Combine(Root, ".cache", "VarSparse"), Folder(OSPlatformKind.Unix, ("XDG_CACHE_HOME", "relative"), ("HOME", Root)));
        Assert.Equal(Path.Combine(Root, "Library", "Caches", "VarSparse"), Folder(OSPlatformKind.MacOS, ("HOME", Root)));
        Assert.Equal(Path.Combine(Root, "VarSparse"), Folder(OSPlatformKind.Windows, ("LOCALAPPDATA", Root)));
    }

    [Theory]
    [InlineData("off")]
    [InlineData(" OFF ")]
    public void The_variable_turns_it_off(string value) =>
        Assert.Equal(new DiskCacheLocation(null, "turned off by VARSPARSE_CACHE=off"), At(OSPlatformKind.Unix, (Variable, value), ("HOME", Root)));

    [Fact]
    public void The_variable_moves_it() => Assert.Equal(Root, Folder(OSPlatformKind.Unix, (Variable, Root), ("HOME", "/elsewhere")));

    [Fact]
    public void A_relative_folder_is_refused_in_words() => Assert.Equal(
        new DiskCacheLocation(null, "VARSPARSE_CACHE is 'cache', expected a full path or \"off\""),
        At(OSPlatformKind.Unix, (Variable, "cache"), ("HOME", Root)));

    [Theory]
    [InlineData(nameof(OSPlatformKind.Unix), "HOME")]
    [InlineData(nameof(OSPlatformKind.MacOS), "HOME")]
    [InlineData(nameof(OSPlatformKind.Windows), "LOCALAPPDATA")]
    public void Without_a_home_there_is_no_cache(string platform, string variable) => Assert.Equal(
        new DiskCacheLocation(null, $"{variable} is not set and neither is VARSPARSE_CACHE"), At(Enum.Parse<OSPlatformKind>(platform)));

    private static string? Folder(OSPlatformKind platform, params (string Name, string Value)[] environment) =>
        At(platform, environment).Folder;

    private static DiskCacheLocation At(OSPlatformKind platform, params (string Name, string Value)[] environment) =>
        Resolve(name => environment.FirstOrDefault(variable => variable.Name == name).Value, platform);
}
