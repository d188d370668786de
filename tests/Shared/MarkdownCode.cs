using System.Reflection;

namespace VarSparse.Tests;

/// <summary>Holds the C# of a Markdown page against the sources of a test project: what stands in the page is compiled there, and run.</summary>
internal static class MarkdownCode
{
    private const string Fence = "```";

    /// <summary>The root of the repository.</summary>
    public static string Root { get; } = Assembly.GetExecutingAssembly().GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(data => data.Key == "RepositoryRoot").Value!;

    /// <summary>
    /// Every block of C# in a page is found, line by line and without indentation, in a source below a folder. Its using directives are
    /// those of the same source.
    /// </summary>
    /// <param name="page">From the root.</param>
    /// <param name="folder">Likewise.</param>
    /// <param name="blocks">How many the page has, so that none is overlooked.</param>
    public static void IsCompiledIn(string page, string folder, int blocks)
    {
        string[][] sources = [.. Directory.EnumerateFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories).Select(Lines)];
        string[] lines = Lines(Path.Combine(Root, page));
        int found = 0;
        for (int start = Array.IndexOf(lines, Fence + "csharp"); start >= 0; start = Array.IndexOf(lines, Fence + "csharp", start + 1))
        {
            string[] block = [.. lines.Skip(start + 1).TakeWhile(line => line != Fence)];
            Assert.True(sources.Any(source => Has(source, block)), $"{page}: no source below {folder} has the code after line {start + 1}");
            found++;
        }

        Assert.Equal(blocks, found);
    }

    private static bool Has(string[] source, string[] block)
    {
        string[] usings = [.. block.TakeWhile(IsUsing)];
        string[] code = [.. block.Skip(usings.Length).SkipWhile(line => line.Length == 0)];
        return usings.All(source.Contains) && Enumerable.Range(0, source.Length).Any(at => source.Skip(at).Take(code.Length).SequenceEqual(code));
    }

    private static bool IsUsing(string line) => line.StartsWith("using ", StringComparison.Ordinal) && !line.Contains('=', StringComparison.Ordinal);

    private static string[] Lines(string file) => [.. File.ReadAllLines(file).Select(line => line.Trim())];
}
