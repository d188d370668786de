using VarSparse.Kernels.Runtime;

namespace VarSparse.Kernels.Tests.Runtime;

public sealed class DiskCacheTests : IDisposable
{
    private const string OtherProcessFolder = "VARSPARSE_TEST_CACHE_FOLDER";

    private readonly TemporaryFolder _temporary = new();
    private readonly string _folder;

    // The cache makes its folder itself.
    public DiskCacheTests() => _folder = Path.Combine(_temporary.Path, "cache", "VarSparse");

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void What_is_written_is_read_by_another_process_and_only_under_its_key()
    {
        Open().Write(Key("a"), [1, 2, 3]);
        Open().Write(Key("empty"), []);

        DiskCache cache = Open();
        Assert.Equal((byte[]?)[1, 2, 3], cache.Read(Key("a")));
        Assert.Equal((byte[]?)[], cache.Read(Key("empty")));
        Assert.Null(cache.Read(Key("b")));
        Assert.Null(cache.Problem);
        Assert.Equal(2, Files().Length);
    }

    [Fact]
    public void Writing_again_replaces()
    {
        DiskCache cache = Open();
        cache.Write(Key("a"), [1, 2, 3]);
        cache.Write(Key("a"), [4]);

        Assert.Equal((byte[]?)[4], cache.Read(Key("a")));
        Assert.Single(Files());
    }

    [Fact]
    public void A_damaged_entry_is_ignored_wherever_it_is_damaged_and_rewritten()
    {
        DiskCache cache = Open();
        cache.Write(Key("a"), [1, 2, 3]);
        string file = Assert.Single(Files());
        byte[] whole = File.ReadAllBytes(file);

        for (int position = 0; position < whole.Length; position++)
        {
            byte[] damaged = [.. whole];
            damaged[position] ^= 0x40;
            File.WriteAllBytes(file, damaged);
            Assert.True(cache.Read(Key("a")) is null, $"byte {position} was flipped and the entry still read");
        }
        for (int length = 0; length < whole.Length; length++)
        {
            File.WriteAllBytes(file, whole[..length]);
            Assert.True(cache.Read(Key("a")) is null, $"the entry was cut to {length} bytes and still read");
        }
        File.WriteAllBytes(file, [.. whole, 0]);
        Assert.Null(cache.Read(Key("a")));
        Assert.Contains("is damaged and will be rewritten", cache.Problem, StringComparison.Ordinal);

        cache.Write(Key("a"), [1, 2, 3]);
        Assert.Equal((byte[]?)[1, 2, 3], cache.Read(Key("a")));
    }

    [Fact]
    public void An_entry_renamed_from_another_key_is_ignored()
    {
        DiskCache cache = Open();
        cache.Write(Key("a"), [1]);
        string a = Assert.Single(Files());
        cache.Write(Key("b"), [2]);
        string b = Files().Single(file => file != a);
        File.Copy(a, b, overwrite: true);

        Assert.Null(cache.Read(Key("b")));
    }

    [Fact]
    public void Readers_see_whole_entries_while_writers_replace_them()
    {
        const int Writes = 200;
        byte[][] contents = [.. Enumerable.Range(0, 4).Select(i => Enumerable.Repeat((byte)i, 1000 * (i + 1)).ToArray())];
        DiskCacheKey key = Key("contended");
        Open().Write(key, contents[0]);

        // One cache object for each, as in different processes.
        Parallel.For(0, 4, new ParallelOptions { MaxDegreeOfParallelism = 4 }, worker =>
        {
            DiskCache cache = Open();
            for (int i = 0; i < Writes; i++)
            {
                if (worker < 2) cache.Write(key, contents[(i + worker) % contents.Length]);
                byte[]? read = cache.Read(key);
                Assert.True(
                    read is not null && contents.Any(content => content.SequenceEqual(read)),
                    $"worker {worker}, round {i}: {cache.Problem ?? "no content"}");
            }
        });

        Assert.Single(Directory.GetFiles(_folder));
    }

    [Fact]
    public void Two_processes_write_one_folder_at_once()
    {
        const int entries = 40;
        string program = Path.Combine(AppContext.BaseDirectory, $"{typeof(DiskCacheTests).Assembly.GetName().Name}{(OperatingSystem.IsWindows() ? ".exe" : "")}");
        using var other = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo(program)
        {
            ArgumentList = { "--explicit", "only", "--filter-method", $"*{nameof(Writes_beside_another_process)}" },
            Environment = { [OtherProcessFolder] = _folder },
            RedirectStandardOutput = true,
        })!;
        Assert.True(SpinWait.SpinUntil(() => Directory.Exists(_folder) || other.HasExited, TimeSpan.FromMinutes(1)), "the other process does not start");
        WriteAndRead(_folder, entries);
        string said = other.StandardOutput.ReadToEnd();
        other.WaitForExit();

        Assert.True(other.ExitCode == 0, said);
        Assert.Equal(entries, Directory.GetFiles(_folder).Length);
        for (int i = 0; i < entries; i++)
            Assert.Equal(Content(i), Open().Read(Key($"entry {i}")));
    }

    [Fact(Explicit = true)]
    public void Writes_beside_another_process() => WriteAndRead(Environment.GetEnvironmentVariable(OtherProcessFolder)!, 40);

    [Fact]
    public void A_full_disk_costs_nothing_but_the_entry_and_leaves_no_half_of_it()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "only root may mount a small disk");
        Directory.CreateDirectory(_folder);
        Assert.SkipUnless(Shell("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", _folder) == 0, "this system does not let a process mount");
        try
        {
            DiskCache cache = Open();
            cache.Write(Key("small"), new byte[1000]);
            cache.Write(Key("large"), new byte[200_000]);

            Assert.Contains("cannot be written: ", cache.Problem, StringComparison.Ordinal);
            Assert.Null(cache.Read(Key("large")));
            Assert.Single(Directory.GetFiles(_folder));
            cache.Write(Key("next"), new byte[1000]);
            Assert.Equal((byte[]?)new byte[1000], cache.Read(Key("next")));
        }
        finally
        {
            Shell("umount", _folder);
        }
    }

    [Fact]
    public void A_folder_that_cannot_be_made_costs_nothing_but_the_cache()
    {
        string file = Path.Combine(_temporary.Path, "file");
        File.WriteAllText(file, "");
        var cache = new DiskCache(new DiskCacheLocation(Path.Combine(file, "VarSparse"), null));

        cache.Write(Key("a"), [1]);

        Assert.Null(cache.Read(Key("a")));
        Assert.StartsWith($"{cache.Folder} cannot be written: ", cache.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void An_entry_that_cannot_be_put_in_place_leaves_no_temporary_file()
    {
        DiskCache cache = Open();
        cache.Write(Key("a"), [1]);
        string file = Assert.Single(Files());
        File.Delete(file);
        Directory.CreateDirectory(file);

        cache.Write(Key("a"), [2]);

        Assert.Contains("cannot be written: ", cache.Problem, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Fact]
    public void A_read_only_folder_is_read_and_says_that_it_cannot_be_written()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Unix permissions");
            return;
        }
        Assert.SkipWhen(Environment.IsPrivilegedProcess, "root may write to a read-only folder");
        DiskCache cache = Open();
        cache.Write(Key("a"), [1]);
        File.SetUnixFileMode(_folder, UnixFileMode.UserRead | UnixFileMode.UserExecute);

        cache.Write(Key("b"), [2]);

        Assert.Contains("cannot be written: ", cache.Problem, StringComparison.Ordinal);
        Assert.Equal((byte[]?)[1], cache.Read(Key("a")));
        File.SetUnixFileMode(_folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    [Fact]
    public void The_folder_is_the_users_alone()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Unix permissions");
            return;
        }
        Open().Write(Key("a"), [1]);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(_folder));
    }

    [Fact]
    public void Beyond_the_limit_the_oldest_go_and_the_newest_stays()
    {
        long limit = 3 * (DiskCacheEntry.HeaderBytes + 100);
        var cache = new DiskCache(new DiskCacheLocation(_folder, null), limit);
        string[] names = ["a", "b", "c", "d"];
        for (int i = 0; i < names.Length; i++)
        {
            cache.Write(Key(names[i]), new byte[100]);
            File.SetLastWriteTimeUtc(Path.Combine(_folder, Key(names[i]) + ".kernel"), DateTime.UtcNow.AddDays(i - 10));
        }

        Assert.Equal([false, true, true, true], names.Select(name => cache.Read(Key(name)) is not null));
        cache.Write(Key("large"), new byte[10 * limit]);
        Assert.Equal([Key("large") + ".kernel"], Files().Select(Path.GetFileName));
    }

    [Fact]
    public void Temporary_files_that_a_killed_process_left_are_cleared_and_other_files_are_not()
    {
        DiskCache cache = Open();
        cache.Write(Key("a"), [1]);
        string old = Path.Combine(_folder, $"{Key("x")}.kernel.0123.tmp"), young = Path.Combine(_folder, $"{Key("y")}.kernel.0123.tmp");
        string foreign = Path.Combine(_folder, "notes.tmp");
        foreach (string file in (string[])[old, young, foreign]) File.WriteAllText(file, "");
        File.SetLastWriteTimeUtc(old, DateTime.UtcNow.AddHours(-2));
        File.SetLastWriteTimeUtc(foreign, DateTime.UtcNow.AddHours(-2));

        cache.Write(Key("b"), [1]);

        Assert.Equal([false, true, true], ((string[])[old, young, foreign]).Select(File.Exists));
    }

    [Fact]
    public void Turned_off_it_says_so_and_does_nothing()
    {
        var cache = new DiskCache(new DiskCacheLocation(null, "turned off by VARSPARSE_CACHE=off"));

        cache.Write(Key("a"), [1]);

        Assert.Null(cache.Read(Key("a")));
        Assert.Equal("turned off by VARSPARSE_CACHE=off", cache.Problem);
    }

    private static void WriteAndRead(string folder, int entries)
    {
        var cache = new DiskCache(new DiskCacheLocation(folder, null));
        for (int round = 0; round < 10; round++)
        {
            for (int i = 0; i < entries; i++)
            {
                cache.Write(Key($"entry {i}"), Content(i));
                Assert.True(Content(i).AsSpan().SequenceEqual(cache.Read(Key($"entry {i}"))), $"round {round}, entry {i}: {cache.Problem}");
            }
        }

        Assert.Null(cache.Problem);
    }

    private static byte[] Content(int entry) => [.. Enumerable.Repeat((byte)entry, 1000 + 500 * entry)];

    private static int Shell(string program, params string[] arguments)
    {
        using var process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode;
    }

    private static DiskCacheKey Key(string ptx) =>
        DiskCacheKey.Of(new KernelSource(ptx, "Kernel"), new ComputeCapability(9, 0), 13000, "1.0.0");

    private DiskCache Open() => new(new DiskCacheLocation(_folder, null));

    private string[] Files() => Directory.GetFiles(_folder, "*.kernel");
}
