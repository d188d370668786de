namespace VarSparse.Kernels.Runtime;

/// <summary>
/// Compiled kernels on disk, shared by processes. An entry appears under its final name in one step, so a reader sees a whole
/// one or none, and two writers of one key leave either's. Whatever goes wrong with the disk costs a compilation, never an
/// exception: <see cref="Problem"/> and the counter varsparse.disk_cache.problems tell. Thread-safe.
/// </summary>
internal sealed class DiskCache
{
    internal const long DefaultLimitBytes = 256L * 1024 * 1024;

    private const string Extension = ".kernel";
    private const string TemporaryExtension = ".tmp";

    private static readonly TimeSpan TemporaryLifetime = TimeSpan.FromHours(1);

    private readonly long _limitBytes;
    private volatile string? _problem;

    internal DiskCache(DiskCacheLocation location, long limitBytes = DefaultLimitBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limitBytes);
        Folder = location.Folder;
        _problem = location.Reason;
        _limitBytes = limitBytes;
    }

    /// <summary>Null where there is no cache; <see cref="Problem"/> says why.</summary>
    internal string? Folder { get; }

    /// <summary>Why there is no cache, or what last kept an entry from being read or written; null when all is well.</summary>
    internal string? Problem => _problem;

    /// <summary>The content stored under the key; null where there is none or it is damaged.</summary>
    internal byte[]? Read(in DiskCacheKey key)
    {
        if (Folder is null) return null;
        try
        {
            string path = PathOf(key);
            if (!File.Exists(path)) return null;
            byte[]? content = DiskCacheEntry.Decode(key, File.ReadAllBytes(path));
            if (content is null) Report($"entry {path} is damaged and will be rewritten", "damaged");
            return content;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Report($"{Folder} cannot be read: {exception.Message}", "read");
            return null;
        }
    }

    internal void Write(in DiskCacheKey key, ReadOnlySpan<byte> content)
    {
        if (Folder is null) return;
        try
        {
            CreateFolder(Folder);
            string path = PathOf(key);
            WriteAtomically(path, DiskCacheEntry.Encode(key, content));
            Trim(Path.GetFileName(path));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Report($"{Folder} cannot be written: {exception.Message}", "write");
        }
    }

    private static void WriteAtomically(string path, byte[] file)
    {
        string temporary = $"{path}.{Guid.NewGuid():N}{TemporaryExtension}";
        try
        {
            File.WriteAllBytes(temporary, file);
            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    // Code from here runs on the user's GPU, so nobody else gets to put any in.
    private static void CreateFolder(string folder)
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
        else Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private string PathOf(in DiskCacheKey key) => Path.Combine(Folder!, key + Extension);

    /// <summary>Removes the oldest entries beyond the limit, and temporary files that a killed process left.</summary>
    private void Trim(string justWritten)
    {
        var folder = new DirectoryInfo(Folder!);
        DateTime now = DateTime.UtcNow;
        foreach (FileInfo file in folder.EnumerateFiles("*" + Extension + ".*" + TemporaryExtension))
        {
            if (now - file.LastWriteTimeUtc > TemporaryLifetime) file.Delete();
        }

        FileInfo[] entries = folder.GetFiles("*" + Extension);
        long total = entries.Sum(file => file.Length);
        foreach (FileInfo file in entries.OrderBy(file => file.LastWriteTimeUtc))
        {
            if (total <= _limitBytes) return;
            if (file.Name == justWritten) continue;
            total -= file.Length;
            file.Delete();
        }
    }

    private void Report(string problem, string kind)
    {
        _problem = problem;
        KernelTelemetry.DiskCacheProblems.Add(1, new KeyValuePair<string, object?>("reason", kind));
    }
}
