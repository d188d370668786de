using System.Diagnostics;
using VarSparse.Fuzz;

namespace VarSparse.Reliability.Tests.HostileInput;

/// <summary>Thousands of damaged files: each is refused with one line or loads correctly, at once and in little memory.</summary>
public sealed class HostileInputTests(ITestOutputHelper output) : IDisposable
{
    private const int Usual = 4_000, Complete = 100_000;

    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(1);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("varsparse-hostile-");

    public static TheoryData<string> Targets => [.. FuzzTargets.All.Select(target => target.Name)];

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [MemberData(nameof(Targets))]
    public void Damaged_files_are_refused_or_load_correctly(string name)
    {
        const int seed = 20_417;
        IFuzzTarget target = FuzzTargets.All.Single(target => target.Name == name);
        byte[][] corpus = [.. FuzzTargets.CorpusOf(target).Select(File.ReadAllBytes)];
        Assert.NotEmpty(corpus);
        string path = Path.Combine(_folder.FullName, "file");
        var random = new Random(seed);
        int mutations = Effort.Of(Usual, Complete), refused = 0;
        TimeSpan slowest = TimeSpan.Zero;
        long most = 0;
        for (int i = 0; i < corpus.Length; i++)
        {
            File.WriteAllBytes(path, corpus[i]);
            Assert.True(target.Load(path) is null, $"{name}: file {i} of the corpus is not valid");
        }

        for (int i = 0; i < mutations; i++)
        {
            byte[] content = Mutator.Mutate(corpus[random.Next(corpus.Length)], random);
            File.WriteAllBytes(path, content);
            (string? problem, TimeSpan time, long allocated) = Load(target, path, $"{name}, seed {seed}, mutation {i}: {Convert.ToBase64String(content)}");
            refused += problem is null ? 0 : 1;
            most = Math.Max(most, allocated - 2 * content.Length);
            slowest = time > slowest ? time : slowest;
        }

        // A test that only ever sees one of the two outcomes proves little.
        Assert.InRange(refused, mutations / 10, mutations - mutations / 50);
        output.WriteLine($"{name}, seed {seed}: {mutations} files, {refused} refused, {mutations - refused} loaded; slowest {slowest.TotalMilliseconds:F0} ms, most memory {most / 1024} KiB beyond twice the file");
    }

    private static (string? Problem, TimeSpan Time, long Allocated) Load(IFuzzTarget target, string path, string context)
    {
        TimeSpan time = TimeSpan.MaxValue;
        string? problem = null;
        long allocated = 0;

        // A machine that is busy elsewhere may hold up a load; one that hangs does so again.
        for (int attempt = 0; attempt < 3 && time > Longest; attempt++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread(), start = Stopwatch.GetTimestamp();
            try
            {
                problem = target.Load(path);
            }
            catch (Exception failure)
            {
                throw new InvalidOperationException($"{failure.GetType().Name}: {failure.Message} escaped; {context}", failure);
            }

            time = Stopwatch.GetElapsedTime(start);
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Assert.True(time <= Longest, $"took {time}; {context}");
        Assert.True(allocated <= 2 * new FileInfo(path).Length + target.Allowance, $"{allocated} bytes allocated; {context}");
        return (problem, time, allocated);
    }
}
