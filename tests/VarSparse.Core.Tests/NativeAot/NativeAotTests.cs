using System.Diagnostics;
using System.Reflection;

namespace VarSparse.Core.Tests.NativeAot;

public sealed class NativeAotTests
{
    [Fact]
    public void A_program_published_as_native_aot_computes_attention()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs Linux: elsewhere native AOT asks for other linkers");
        string? linker = new[] { "clang", "gcc" }.FirstOrDefault(OnPath);
        Assert.SkipWhen(linker is null, "needs clang or gcc, with which native AOT links; neither is on PATH");
        string root = typeof(NativeAotTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == "RepositoryRoot").Value!;
        DirectoryInfo folder = Directory.CreateTempSubdirectory("varsparse-aot-");
        try
        {
            string project = Path.Combine(root, "samples", "NativeAot", "NativeAot.csproj");
            string program = Path.Combine(folder.FullName, "out");
            // All that is built lies in the folder, so that nothing of the repository's own build changes under other tests.
            (int exit, string log) = Run(
                "dotnet", "publish", project, "-c", "Release", "-v", "q", "--use-current-runtime", "--artifacts-path", folder.FullName, "-o", program,
                $"-p:CppCompilerAndLinker={linker}", "-p:MinVerSkip=true", "-nodeReuse:false");
            Assert.True(exit == 0, log);

            (exit, log) = Run(Path.Combine(program, "NativeAot"));
            Assert.True(exit == 0, log);
            Assert.Contains("dynamic code False", log, StringComparison.Ordinal);
            Assert.False(File.Exists(Path.Combine(program, "VarSparse.Core.dll")), "the program still has IL beside it");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static bool OnPath(string tool) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, tool)));

    /// <summary>Exit status and all output of a program.</summary>
    private static (int Exit, string Log) Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string log = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, log + errors.Result);
    }
}
