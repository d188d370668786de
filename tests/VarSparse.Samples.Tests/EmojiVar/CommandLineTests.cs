using TorchSharp;
using VarSparse.Patterns;
using VarSparse.Samples.EmojiVar;
using VarSparse.Torch.Hooks;
using static TorchSharp.torch;

namespace VarSparse.Samples.Tests.EmojiVar;

public sealed class CommandLineTests
{
    private static string ModelFolder => Path.Combine(AppContext.BaseDirectory, "models", "emoji-var");

    [Fact]
    public void Defaults()
    {
        Settings settings = Parse();
        Assert.Equal([30, 13, 67, 90], settings.Labels);
        Assert.Equal([1], settings.Seeds);
        Assert.Equal((3, 100, 0.95), (settings.Cfg, settings.TopK, settings.TopP));
        Assert.Equal(["csla+ld+cfg"], settings.Policies.Select(policy => policy.Name));
        PolicySettings policy = settings.Policies[0].Settings.First();
        Assert.Equal((0.5, 0.15), (policy.Rho, policy.Delta));
        Assert.Null(policy.Windows);
        Assert.Equal((3, 5, TileShape.Default, MaskForm.Exact, PrunedKeys.Absent), (policy.LocalScales, policy.SinkScales, policy.Tile, policy.Mask, policy.PrunedKeys));
        Assert.Null(policy.BlockSides);
        Assert.Equal([1, 2, 4], policy.CoarserBeyond);
        Assert.Empty(Parse("--coarser-beyond", "none").Policies[0].Settings.First().CoarserBeyond);
        Assert.Equal((0.2, null, KeyAlignment.Relative, null), (policy.Share, policy.Coverage, policy.Alignment, policy.ResidualCache));
        Assert.Equal((null, null, null), (policy.RunLength, policy.Margin, policy.Layers));
        Assert.Equal(Environment.ProcessorCount, settings.Threads);
        Assert.Equal("out", settings.OutFolder);
        Assert.Null(settings.JsonFile);
        Assert.False(settings.Profile || settings.Report || settings.Trace);
        Assert.Equal((DeviceType.CPU, ScalarType.Float32), (settings.Device.type, settings.Type));
        Assert.Null(settings.Reference);
    }

    [Fact]
    public void Takes_every_option()
    {
        Settings settings = Parse(
            "--label", "heart", "--label=30", "--seed", "4", "--seed", "5", "--cfg", "1.5", "--top-k", "1", "--top-p", "0", "--accelerate",
            "cfg,csla", "--accelerate", "ld,far", "--accelerate", "none", "--rho", "0.7", "--delta", "0.3", "--windows", "9,-1", "--blocks", "2,16", "--coarser-beyond", "0,3",
            "--scales", "4", "--sinks", "8", "--tile", "4x32", "--mask", "raster", "--pruned-keys", "parent", "--threads", "3", "--out", "pictures",
            "--share", "0.4", "--coverage", "0.9", "--alignment", "identity", "--residual-cache", "off", "--run", "192", "--margin", "3", "--layers", "0-2,7", "--heads", "1,3-4", "--mix", "paper",
            "--json", "figures.json", "--profile", "--device", "cpu", "--dtype", "bfloat16", "--reference", ModelFolder);
        Assert.Equal([51, 30], settings.Labels);
        Assert.Equal([4, 5], settings.Seeds);
        Assert.Equal((1.5, 1, 0), (settings.Cfg, settings.TopK, settings.TopP));
        Assert.Equal(["csla+cfg", "far+ld", "none"], settings.Policies.Select(policy => policy.Name));
        PolicySettings policy = settings.Policies[1].Settings.First();
        Assert.Equal((0.7, 0.3), (policy.Rho, policy.Delta));
        Assert.Equal([-1, -1, -1, -1, -1, -1, -1, -1, 1, 1, 3, 9, -1], policy.Windows!);
        Assert.Equal((4, 8, new TileShape(4, 32), MaskForm.Raster, PrunedKeys.ParentStandsIn), (policy.LocalScales, policy.SinkScales, policy.Tile, policy.Mask, policy.PrunedKeys));
        Assert.Equal([2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 16], policy.BlockSides!);
        Assert.Equal([0, 3], policy.CoarserBeyond);
        Assert.Equal((0.4, 0.9, KeyAlignment.Identity, false), (policy.Share, policy.Coverage, policy.Alignment, policy.ResidualCache));
        Assert.Equal((192, 3), (policy.RunLength, policy.Margin));
        Assert.Equal([0, 1, 2, 7], policy.Layers!.Order());
        Assert.Equal([1, 3, 4], policy.Heads!.Order());
        Assert.True(policy.PaperMix);
        Assert.Equal(3, settings.Threads);
        Assert.Equal(("pictures", "figures.json", true), (settings.OutFolder, settings.JsonFile!, settings.Profile));
        Assert.Equal((ScalarType.BFloat16, ModelFolder), (settings.Type, settings.Reference!));
    }

    [Fact]
    public void A_part_has_options_of_its_own_and_the_others_keep_theirs()
    {
        Settings settings = Parse("--accelerate", "far  windows=3/5 mask=tile, ld rho=0.6", "--accelerate", "cs4a layers=3/5-7,far", "--sinks", "8", "--rho", "0.3");
        Assert.Equal(["far windows=3/5 mask=tile+ld rho=0.6", "cs4a layers=3/5-7+far"], settings.Policies.Select(policy => policy.Name));
        PolicySettings[] parts = [.. settings.Policies.SelectMany(policy => policy.Settings)];
        Assert.Equal([3, 5], parts[0].Windows!.TakeLast(2));
        Assert.Equal([(MaskForm.Tile, 8), (MaskForm.Exact, 8), (MaskForm.Exact, 8), (MaskForm.Exact, 8)], parts.Select(part => (part.Mask, part.SinkScales)));
        Assert.Equal([0.3, 0.6, 0.3, 0.3], parts.Select(part => part.Rho));
        Assert.Equal([3, 5, 6, 7], parts[2].Layers!.Order());
    }

    [Fact]
    public void A_preset_is_a_mix_of_options_and_given_ones_win()
    {
        Settings fast = Parse("--preset", "fast");
        Assert.Equal(["csla+ld+cfg"], fast.Policies.Select(policy => policy.Name));
        Settings gentle = Parse("--preset", "gentle", "--sinks", "7");
        Assert.Equal(["csla+cfg"], gentle.Policies.Select(policy => policy.Name));
        PolicySettings policy = gentle.Policies[0].Settings.First();
        Assert.Equal((2, 7, 0.3), (policy.LocalScales, policy.SinkScales, policy.Delta));
        Assert.Equal(8, Parse("--preset", "gentle").Policies[0].Settings.First().SinkScales);
    }

    [Theory]
    [InlineData("nearest are heart", "--label", "hart")]
    [InlineData("got 99, expected 0 to 98", "--label", "99")]
    [InlineData("--cfg: got -1, expected 0 to 100", "--cfg", "-1")]
    [InlineData("--cfg: got NaN, expected 0 to 100", "--cfg", "NaN")]
    [InlineData("--top-k: got 1025, expected 0 to 1024", "--top-k", "1025")]
    [InlineData("--top-p: got 1.5, expected 0 to 1", "--top-p", "1.5")]
    [InlineData("--accelerate: got 'fast', expected none, or some of csla, far, cs4a, sparvar, ld, cfg", "--accelerate", "csla,fast")]
    [InlineData("--accelerate: got 'none,ld', but none stands alone", "--accelerate", "none,ld")]
    [InlineData("--accelerate: got 'far,csla', expected only one of csla, far, cs4a, sparvar", "--accelerate", "far,csla")]
    [InlineData("or layers, heads or scales of its own for all but the last", "--accelerate", "csla,far layers=0")]
    [InlineData("--accelerate: got 'ld,ld rho=0.2', expected ld and cfg once", "--accelerate", "ld,ld rho=0.2")]
    [InlineData("--accelerate: got 'blocks=2' behind csla, expected one of windows, scales, sinks, tile, mask, layers, heads", "--accelerate", "csla blocks=2")]
    [InlineData("--accelerate: got 'x' behind sparvar, expected one of mix with =", "--accelerate", "sparvar x")]
    [InlineData("--blocks: got 'x', expected whole numbers", "--accelerate", "far blocks=x")]
    [InlineData("--accelerate: Cannot parse argument 'x'", "--accelerate", "far sinks=x")]
    [InlineData("--share: got 0, expected 1E-06 to 1", "--share", "0")]
    [InlineData("--coverage: got 2, expected 0 to 1", "--coverage", "2")]
    [InlineData("--alignment: got 'none', expected relative or identity", "--alignment", "none")]
    [InlineData("--coarser-beyond: got '3/2', expected ascending numbers", "--accelerate", "far coarser-beyond=3/2")]
    [InlineData("--coarser-beyond: got 'x', expected ascending numbers", "--coarser-beyond", "x")]
    [InlineData("--residual-cache: got 'yes', expected on or off", "--residual-cache", "yes")]
    [InlineData("--run: got 257, expected 0 to 256", "--run", "257")]
    [InlineData("--layers: got '0-8', expected numbers of 0 to 7", "--layers", "0-8")]
    [InlineData("--layers: got '2-1', expected numbers of 0 to 7", "--layers", "2-1")]
    [InlineData("--rho: got 2, expected 1E-06 to 1", "--rho", "2")]
    [InlineData("--delta: got -0.5", "--delta", "-0.5")]
    [InlineData("--windows: got '3,x', expected whole numbers", "--windows", "3,x")]
    [InlineData("--windows: got 14 numbers, expected at most 13", "--windows", "1,1,1,1,1,1,1,1,1,1,1,1,1,1")]
    [InlineData("--blocks: got '0', expected whole numbers of at least 1", "--blocks", "0")]
    [InlineData("--scales: got 0, expected 1 to 13", "--scales", "0")]
    [InlineData("--sinks: got 14, expected 0 to 13", "--sinks", "14")]
    [InlineData("--tile: got '8', expected two sides of 1 to 1024, such as 8x16", "--tile", "8")]
    [InlineData("--tile: got '0x8', expected two sides", "--tile", "0x8")]
    [InlineData("--preset: got 'slow', expected fast or gentle", "--preset", "slow")]
    [InlineData("--mask: got 'soft', expected exact or tile or raster", "--mask", "soft")]
    [InlineData("--pruned-keys: got 'all', expected absent or parent", "--pruned-keys", "all")]
    [InlineData("--threads: got 0, expected 1 to 1024", "--threads", "0")]
    [InlineData("--device: got 'gpu', expected cpu, cuda or cuda:N", "--device", "gpu")]
    [InlineData("--device: got 'cuda:', expected", "--device", "cuda:")]
    [InlineData("--dtype: got 'int8', expected float32, bfloat16 or float16", "--dtype", "int8")]
    [InlineData("--reference: there is no folder 'nowhere'", "--reference", "nowhere")]
    [InlineData("--trace: got --device cpu, expected a GPU", "--trace")]
    [InlineData("'x'", "--seed", "x")]
    [InlineData("summary: nowhere.json is not a file that --json wrote", "summary", "nowhere.json")]
    [InlineData("--frobnicate", "--frobnicate")]
    public void Bad_options_give_one_line_and_exit_code_2(string expected, params string[] args)
    {
        using StringWriter errors = new();
        Assert.Equal(2, new CommandLine().Run(args, ModelFolder, TextWriter.Null, errors, _ => Assert.Fail("the program ran")));
        string line = Assert.Single(errors.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("error: ", line);
        Assert.Contains(expected, line);
    }

    [Fact]
    public void Without_a_gpu_it_says_so()
    {
        Assert.SkipWhen(cuda.is_available(), "this machine has a CUDA device");
        using StringWriter errors = new();
        Assert.Equal(2, new CommandLine().Run(["--device", "cuda"], ModelFolder, TextWriter.Null, errors, _ => Assert.Fail("the program ran")));
        Assert.StartsWith("error: --device: got cuda, but torch finds no CUDA device", errors.ToString());
    }

    [Fact]
    public void Lists_all_labels_with_their_numbers()
    {
        using StringWriter output = new();
        Assert.Equal(0, new CommandLine().Run(["--list-labels"], ModelFolder, output, TextWriter.Null, _ => Assert.Fail("the program ran")));
        string[] lines = output.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(99, lines.Length);
        Assert.Equal("  30  face-smiling", lines[30]);
    }

    [Theory]
    [InlineData(typeof(OperationCanceledException), 130, "stopped")]
    [InlineData(typeof(IOException), 1, "error: ")]
    [InlineData(typeof(InvalidDataException), 1, "error: ")]
    public void Failures_have_exit_codes_and_one_line(Type exception, int exitCode, string expected)
    {
        using StringWriter errors = new();
        Assert.Equal(
            exitCode,
            new CommandLine().Run([], ModelFolder, TextWriter.Null, errors, _ => throw (Exception)Activator.CreateInstance(exception)!));
        Assert.StartsWith(expected, Assert.Single(errors.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries)));
    }

    private static Settings Parse(params string[] args)
    {
        using StringWriter errors = new();
        Settings? settings = null;
        int exitCode = new CommandLine().Run(args, ModelFolder, TextWriter.Null, errors, parsed => settings = parsed);
        Assert.Equal("", errors.ToString());
        Assert.Equal(0, exitCode);
        return settings!;
    }
}
