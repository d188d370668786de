namespace VarSparse.Kernels.Tests.Runtime;

/// <summary>A folder of the test's own, gone with it.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    internal string Path { get; } = Directory.CreateTempSubdirectory("varsparse-test-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
