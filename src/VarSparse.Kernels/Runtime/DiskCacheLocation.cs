namespace VarSparse.Kernels.Runtime;

/// <summary>
/// Where compiled kernels are kept: the environment variable VARSPARSE_CACHE names the folder or says "off"; without it the
/// operating system's own place for caches. <see cref="Folder"/> is null where there is none, and <see cref="Reason"/> says why.
/// </summary>
internal readonly record struct DiskCacheLocation(string? Folder, string? Reason)
{
    internal const string Variable = "VARSPARSE_CACHE";

    internal static DiskCacheLocation Resolve() => Resolve(
        Environment.GetEnvironmentVariable,
        OperatingSystem.IsWindows() ? OSPlatformKind.Windows : OperatingSystem.IsMacOS() ? OSPlatformKind.MacOS : OSPlatformKind.Unix);

    internal enum OSPlatformKind
    {
        Unix,
        Windows,
        MacOS,
    }

    internal static DiskCacheLocation Resolve(Func<string, string?> environment, OSPlatformKind platform)
    {
        string? chosen = environment(Variable)?.Trim();
        if (string.Equals(chosen, "off", StringComparison.OrdinalIgnoreCase)) return new(null, $"turned off by {Variable}=off");
        if (!string.IsNullOrEmpty(chosen))
        {
            return Path.IsPathFullyQualified(chosen)
                ? new(chosen, null)
                : new(null, $"{Variable} is '{chosen}', expected a full path or \"off\"");
        }

        return platform switch
        {
            OSPlatformKind.Windows => Under(environment("LOCALAPPDATA"), "LOCALAPPDATA"),
            OSPlatformKind.MacOS => Under(environment("HOME"), "HOME", "Library", "Caches"),

            // A relative XDG_CACHE_HOME is to be ignored (XDG base directory specification).
            _ when Path.IsPathFullyQualified(environment("XDG_CACHE_HOME") ?? "") => Under(environment("XDG_CACHE_HOME"), "XDG_CACHE_HOME"),
            _ => Under(environment("HOME"), "HOME", ".cache"),
        };
    }

    private static DiskCacheLocation Under(string? root, string variable, params ReadOnlySpan<string> folders) =>
        string.IsNullOrEmpty(root)
            ? new(null, $"{variable} is not set and neither is {Variable}")
            : new(Path.Combine([root, .. folders, "VarSparse"]), null);
}
