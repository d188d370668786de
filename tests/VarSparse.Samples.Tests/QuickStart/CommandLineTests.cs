using VarSparse.Patterns;
using VarSparse.Samples.QuickStart;

namespace VarSparse.Samples.Tests.QuickStart;

public sealed class CommandLineTests
{
    [Fact]
    public void Defaults_are_the_papers()
    {
        Settings settings = Parse();
        Assert.Equal(12, settings.QueryScale);
        Assert.Equal([-1, -1, -1, -1, -1, -1, -1, -1, 1, 1, 3, 5, 7], settings.Pattern.Windows!);
        Assert.Equal(5, settings.Pattern.SinkScales);
        Assert.Equal(new TileShape(8, 16), settings.Pattern.Tile);
        Assert.True(settings.Pattern.ExactMask);
        Assert.Equal(Environment.ProcessorCount, settings.Threads);
        Assert.Equal("out", settings.OutFolder);
        Assert.Null(settings.JsonFile);
    }

    [Fact]
    public void Takes_every_option()
    {
        Settings settings = Parse("--scale", "11", "--sinks=0", "--threads", "3", "--out", "pictures", "--json", "figures.json");
        Assert.Equal(11, settings.QueryScale);
        Assert.Equal(0, settings.Pattern.SinkScales);
        Assert.Equal(3, settings.Threads);
        Assert.Equal("pictures", settings.OutFolder);
        Assert.Equal("figures.json", settings.JsonFile);
    }

    [Theory]
    [InlineData("12", "9", "-1,-1,-1,-1,-1,-1,-1,-1,1,1,3,5,9")]
    [InlineData("12", "-1,3", "-1,-1,-1,-1,-1,-1,-1,-1,1,1,3,-1,3")]
    [InlineData("12", "0,1,2,3,4,5,6,7,8,9,10,11,12", "0,1,2,3,4,5,6,7,8,9,10,11,12")]
    [InlineData("10", "9,11", "-1,-1,-1,-1,-1,-1,-1,-1,1,9,11,5,7")]
    [InlineData("10", "0,1,2,3,4,5,6,7,8,9,10", "0,1,2,3,4,5,6,7,8,9,10,5,7")]
    public void Windows_replace_those_of_the_last_source_scales(string scale, string windows, string expected)
    {
        // In this order too: the windows stand before the scale that they are counted back from.
        foreach (string[] args in (string[][])[["--windows", windows, "--scale", scale], ["--scale", scale, $"--windows={windows}"]])
            Assert.Equal(expected, string.Join(',', Parse(args).Pattern.Windows!));
    }

    [Theory]
    [InlineData("--scale: got 9, expected 10 to 12", "--scale", "9")]
    [InlineData("--scale: got 13, expected 10 to 12", "--scale", "13")]
    [InlineData("'x'", "--scale", "x")]
    [InlineData("--scale", "--scale")]
    [InlineData("'x'", "--scale", "x", "--windows", "3", "--sinks", "2")]
    [InlineData("--sinks: got -1, expected 0 to 13", "--sinks", "-1")]
    [InlineData("--sinks: got 12, expected 0 to 11", "--sinks", "12", "--scale", "10")]
    [InlineData("--threads: got 0, expected 1 to 1024", "--threads", "0")]
    [InlineData("'99999999999'", "--threads", "99999999999")]
    [InlineData("--windows: got '3,-2', expected whole numbers", "--windows", "3,-2")]
    [InlineData("--windows: got '3,,5', expected whole numbers", "--windows", "3,,5")]
    [InlineData("--windows: got '', expected whole numbers", "--windows", "")]
    [InlineData("--windows: got 'a', expected whole numbers", "--windows", "a")]
    [InlineData("--windows: got 12 windows, expected at most 11", "--windows", "1,1,1,1,1,1,1,1,1,1,1,1", "--scale", "10")]
    [InlineData("--frobnicate", "--frobnicate")]
    [InlineData("'more'", "more")]
    public void Bad_options_give_one_line_and_exit_code_2(string expected, params string[] args)
    {
        using StringWriter errors = new();
        int exitCode = new CommandLine().Run(args, errors, _ => Assert.Fail("the program ran"));
        Assert.Equal(2, exitCode);
        string line = Assert.Single(errors.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("error: ", line);
        Assert.Contains(expected, line);
    }

    [Fact]
    public void Failures_give_one_line_and_exit_code_1()
    {
        using StringWriter errors = new();
        Assert.Equal(1, new CommandLine().Run([], errors, _ => throw new IOException("no space left")));
        Assert.Equal($"error: no space left{Environment.NewLine}", errors.ToString());
    }

    private static Settings Parse(params string[] args)
    {
        using StringWriter errors = new();
        Settings? settings = null;
        int exitCode = new CommandLine().Run(args, errors, parsed => settings = parsed);
        Assert.Equal("", errors.ToString());
        Assert.Equal(0, exitCode);
        return settings!;
    }
}
