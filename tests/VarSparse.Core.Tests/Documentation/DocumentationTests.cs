using System.Text.RegularExpressions;
using VarSparse.Geometry;
using VarSparse.Patterns;
using VarSparse.Tests;

namespace VarSparse.Core.Tests.Documentation;

/// <summary>The code in docs is compiled and run here, and the pages' links lead somewhere.</summary>
public sealed partial class DocumentationTests
{
    [Fact]
    public void Exact_and_whole_tiles_compute_the_same_pairs_and_see_others()
    {
        ScaleSchedule schedule = ScaleSchedule.Var256;
        SparsePattern exact = CrossScaleLocal.Create(schedule, queryScale: 9);
        SparsePattern whole = CrossScaleLocal.Create(schedule, queryScale: 9, new CrossScaleLocalOptions { ExactMask = false });
        Console.WriteLine($"visible {exact.Density:P1} and {whole.Density:P1}, computed {exact.TileDensity:P1} and {whole.TileDensity:P1}");

        Assert.True(exact.Density < whole.Density);
        Assert.Equal(exact.TileDensity, whole.TileDensity);
        Assert.Equal(whole.Density, whole.TileDensity);
    }

    [Fact]
    public void Wider_windows_see_more()
    {
        int[] windows = [-1, -1, -1, -1, -1, 3, 5, 7, 9, 11]; // one a scale; -1 sees nothing of it, sinks apart
        SparsePattern wider = CrossScaleLocal.Create(ScaleSchedule.Var256, queryScale: 9, new() { Windows = windows, SinkScales = 5 });

        Assert.True(wider.Density > CrossScaleLocal.Create(ScaleSchedule.Var256, queryScale: 9).Density);
    }

    [Fact]
    public void Tiles_change_what_is_computed_and_not_what_is_visible()
    {
        foreach (TileShape tile in new TileShape[] { new(4, 4), new(8, 8), TileShape.Default })
        {
            SparsePattern pattern = CrossScaleLocal.Create(ScaleSchedule.Var256, queryScale: 9, new() { Tile = tile });
            Console.WriteLine($"{tile}: {pattern.TileDensity:P1} computed for {pattern.Density:P1} visible");
        }

        SparsePattern[] patterns = [.. new TileShape[] { new(4, 4), new(8, 8), TileShape.Default }
            .Select(tile => CrossScaleLocal.Create(ScaleSchedule.Var256, queryScale: 9, new() { Tile = tile }))];
        Assert.Single(patterns.Select(pattern => pattern.Density).Distinct());
        Assert.Equal(patterns.OrderBy(pattern => pattern.TileDensity), patterns);
    }

    [Fact]
    public void Blocks_that_grow_with_distance_save_pairs()
    {
        FarFieldPlan even = FarField.Create(ScaleSchedule.Infinity(), queryScale: 12, new() { CoarserBeyond = [] });
        FarFieldPlan graded = FarField.Create(ScaleSchedule.Infinity(), queryScale: 12);
        Console.WriteLine($"{even.Density:P1} or {graded.Density:P1} of the pairs");

        Assert.InRange(graded.Density, 0, even.Density);
    }

    [Theory]
    [InlineData("docs/concepts.md", 1)]
    [InlineData("docs/choosing-a-pattern.md", 3)]
    [InlineData("src/VarSparse.Core/README.md", 1)]
    public void Its_code_is_code_of_these_tests(string page, int blocks) =>
        MarkdownCode.IsCompiledIn(page, "tests/VarSparse.Core.Tests/Documentation", blocks);

    [Fact]
    public void Every_page_is_in_the_index_and_every_link_to_a_file_leads_to_one()
    {
        string docs = Path.Combine(MarkdownCode.Root, "docs");
        string[] folders = [.. ((string[])["docs", "src", "samples", "benchmarks", "eng"]).Select(folder => Path.Combine(MarkdownCode.Root, folder))];
        string[] pages = [Path.Combine(MarkdownCode.Root, "README.md"), .. folders.SelectMany(folder => Directory.GetFiles(folder, "*.md", SearchOption.AllDirectories))];
        string index = File.ReadAllText(Path.Combine(docs, "README.md"));
        foreach (string page in pages.Where(page => !Built().IsMatch(page)))
        {
            string name = Path.GetRelativePath(docs, page).Replace('\\', '/');
            Assert.True(name == "README.md" || name.StartsWith("../", StringComparison.Ordinal) || index.Contains($"({name})", StringComparison.Ordinal), $"docs/README.md lacks {name}");
            foreach (Match link in Link().Matches(File.ReadAllText(page)))
            {
                string target = Path.Combine(Path.GetDirectoryName(page)!, link.Groups[1].Value);
                Assert.True(Path.Exists(target), $"{name} links to {link.Groups[1].Value}, which is not there");
            }
        }
    }

    [Fact]
    public void Every_argument_that_an_error_names_is_in_troubleshooting()
    {
        string page = File.ReadAllText(Path.Combine(MarkdownCode.Root, "docs", "troubleshooting.md"));
        string[] names = [.. Directory.EnumerateFiles(Path.Combine(MarkdownCode.Root, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !Built().IsMatch(file))
            .SelectMany(file => ErrorOfAnArgument().Matches(File.ReadAllText(file)).Select(match => match.Groups[1].Value)).Distinct()];

        Assert.True(names.Length > 50, $"only {names.Length} errors were found");
        Assert.Equal([], names.Where(name => !page.Contains($"`{name}:", StringComparison.Ordinal)));
    }

    [GeneratedRegex(@"\$?""([A-Za-z]+): (?:got|has|takes|element|entry|tile|scale|there)\b")]
    private static partial Regex ErrorOfAnArgument();

    [GeneratedRegex(@"[\\/](bin|obj)[\\/]")]
    private static partial Regex Built();

    [GeneratedRegex(@"\]\((?!https?:)([^)#\s]+)\)")]
    private static partial Regex Link();
}
