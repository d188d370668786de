using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using VarSparse.Patterns;
using VarSparse.Samples.EmojiVar.Model;
using VarSparse.Torch.Hooks;

namespace VarSparse.Samples.EmojiVar;

/// <summary>The options that say how the parts of a policy work: for all policies on the command line, for one behind its name.</summary>
internal sealed class PolicyOptions
{
    private const int MostTileSide = 1024;
    private const int LongestRun = 256;

    /// <summary>The windows of the last five source scales that stand for those which a list leaves out, csla's and far's alike.</summary>
    private static readonly int[] s_defaultWindows = [1, 1, 3, 5, 7];

    private static readonly int[] s_defaultDistances = [.. new FarFieldOptions().CoarserBeyond];

    private readonly Option<double> _rho = new("--rho")
    {
        Description = "ld: share of the high-frequency energy that the computed tokens hold",
        DefaultValueFactory = _ => 0.5,
    };

    private readonly Option<double> _delta = new("--delta")
    {
        Description = "cfg: guidance ends once the distance of its branches changes by less, relatively, from scale to scale",
        DefaultValueFactory = _ => 0.15,
    };

    private readonly Option<string?> _windows = new("--windows")
    {
        Description = "csla, far: window sides on the last source scales; those before are 1,1,3,5,7 on the last five, -1 before; -1 = nothing of a scale [default: 1,1,3,5,7; far: 1,1,1,1,1]",
        HelpName = "N,N,...",
    };

    private readonly Option<string?> _blocks = new("--blocks")
    {
        Description = "far: rows and columns of a block on the last source scales; those before keep their default [default: 2]",
        HelpName = "N,N,...",
    };

    private readonly Option<string?> _coarserBeyond = new("--coarser-beyond")
    {
        Description = "far: blocks of twice the side beyond so many blocks around the window, of four times beyond the next number, and so on; none = blocks of one size [default: 1,2,4]",
        HelpName = "N,N,...",
    };

    private readonly Option<int> _scales = new("--scales")
    {
        Description = "csla, far: on how many of the last scales",
        DefaultValueFactory = _ => 3,
    };

    private readonly Option<int> _sinks = new("--sinks")
    {
        Description = "csla, far, cs4a: how many of the first scales are seen whole",
        DefaultValueFactory = _ => 5,
    };

    private readonly Option<string> _tile = new("--tile")
    {
        Description = "csla, far, cs4a: rows and columns of a tile of queries",
        HelpName = "HxW",
        DefaultValueFactory = _ => TileShape.Default.ToString(),
    };

    private readonly Option<string> _mask = new("--mask")
    {
        Description = "csla, far: a query sees its own window (exact) or those of its tile (tile); csla also in raster blocks of 128 keys (raster)",
        HelpName = "exact|tile|raster",
        DefaultValueFactory = _ => "exact",
    };

    private readonly Option<string> _prunedKeys = new("--pruned-keys")
    {
        Description = "ld: in place of the keys of left-out tokens later queries find nothing (absent), or their parents once more (parent)",
        HelpName = "absent|parent",
        DefaultValueFactory = _ => "absent",
    };

    private readonly Option<double> _share = new("--share")
    {
        Description = "cs4a: share of the keys that each head and tile picks",
        DefaultValueFactory = _ => 0.2,
    };

    private readonly Option<double> _coverage = new("--coverage")
    {
        Description = "cs4a: as few keys as hold this share of the attention, in place of --share; 0 = none",
        DefaultValueFactory = _ => 0,
    };

    private readonly Option<string> _alignment = new("--alignment")
    {
        Description = "cs4a: picked keys move to later scales (relative) or stay (identity)",
        HelpName = "relative|identity",
        DefaultValueFactory = _ => "relative",
    };

    private readonly Option<string?> _residualCache = new("--residual-cache")
    {
        Description = "far, cs4a: what they miss at the last dense scale is added later [default: off for far, on for cs4a]",
        HelpName = "on|off",
    };

    private readonly Option<int> _run = new("--run")
    {
        Description = "cs4a: runs of so many queries share their picks, 192 in the paper; 0 = tiles",
        DefaultValueFactory = _ => 0,
    };

    private readonly Option<int> _margin = new("--margin")
    {
        Description = "cs4a: queries also see their own scale so far around their tile; -1 = not",
        DefaultValueFactory = _ => -1,
    };

    private readonly Option<string?> _layers = new("--layers")
    {
        Description = "csla, far, cs4a: only on these layers, counted from 0 [default: all]",
        HelpName = "N-N,N,...",
    };

    private readonly Option<string?> _heads = new("--heads")
    {
        Description = "csla, far, cs4a: only on these heads of each layer, counted from 0 [default: all]",
        HelpName = "N-N,N,...",
    };

    private readonly Option<string> _mix = new("--mix")
    {
        Description = "sparvar: the library's own (default) or that of the paper (paper)",
        HelpName = "default|paper",
        DefaultValueFactory = _ => "default",
    };

    public IReadOnlyList<Option> All => [_rho, _delta, _windows, _blocks, _coarserBeyond, _scales, _sinks, _tile, _mask, _prunedKeys, _share, _coverage, _alignment, _residualCache, _run, _margin, _layers, _heads, _mix];

    /// <summary>What the command line says, or a part of a policy where it has options of its own.</summary>
    /// <param name="line">The command line.</param>
    /// <param name="own">Names, without dashes, and values of the part's own options.</param>
    /// <param name="config">The model that it is for.</param>
    public PolicySettings Read(ParseResult line, IReadOnlyList<(string Name, string Value)> own, VarConfig config)
    {
        Command part = new("part");
        foreach (Option option in All)
            part.Options.Add(option);
        ParseResult given = part.Parse([.. own.SelectMany(option => (string[])[$"--{option.Name}", option.Value])]);
        if (given.Errors.Count > 0)
            throw new BadOptionException($"--accelerate: {given.Errors[0].Message}");
        ParseResult From(Option option) => given.GetResult(option) is OptionResult { Implicit: false } ? given : line;
        T InRange<T>(Option<T> option, T least, T most)
            where T : IComparable<T> => OptionValue.InRange(From(option), option, least, most);
        string OneOf(Option<string> option, params string[] names) => OptionValue.OneOf(option, From(option).GetValue(option)!, names);
        int scales = config.Sides.Length;
        return new PolicySettings
        {
            Rho = InRange(_rho, 1e-6, 1),
            Delta = InRange(_delta, 1e-6, 1e6),
            Windows = PerScale(_windows, From(_windows).GetValue(_windows), [.. config.Sides.Select((_, scale) => DefaultWindow(scales - scale))], least: -1),
            BlockSides = PerScale(_blocks, From(_blocks).GetValue(_blocks), [.. config.Schedule.Select(_ => FarField.DefaultBlockSide)], least: 1),
            CoarserBeyond = Distances(_coarserBeyond, From(_coarserBeyond).GetValue(_coarserBeyond)),
            LocalScales = InRange(_scales, 1, scales),
            SinkScales = InRange(_sinks, 0, scales),
            Tile = Tile(From(_tile).GetValue(_tile)!),
            Mask = OneOf(_mask, "exact", "tile", "raster") switch
            {
                "exact" => MaskForm.Exact,
                "tile" => MaskForm.Tile,
                _ => MaskForm.Raster,
            },
            PrunedKeys = OneOf(_prunedKeys, "absent", "parent") == "parent" ? PrunedKeys.ParentStandsIn : PrunedKeys.Absent,
            Share = InRange(_share, 1e-6, 1),
            Coverage = InRange(_coverage, 0, 1) is > 0 and var coverage ? coverage : null,
            Alignment = OneOf(_alignment, "relative", "identity") == "identity" ? KeyAlignment.Identity : KeyAlignment.Relative,
            ResidualCache = From(_residualCache).GetValue(_residualCache) is { } cache ? OptionValue.OneOf(_residualCache, cache, ["on", "off"]) == "on" : null,
            RunLength = InRange(_run, 0, LongestRun) is > 0 and var run ? run : null,
            Margin = InRange(_margin, -1, MostTileSide) is >= 0 and var margin ? margin : null,
            Layers = Numbers(_layers, From(_layers).GetValue(_layers), config.Depth),
            Heads = Numbers(_heads, From(_heads).GetValue(_heads), config.Heads),
            PaperMix = OneOf(_mix, "default", "paper") == "paper",
        };
    }

    private static TileShape Tile(string text)
    {
        string[] sides = text.Split('x');
        return sides.Length == 2 && Side(sides[0]) is { } height && Side(sides[1]) is { } width
            ? new TileShape(height, width)
            : throw new BadOptionException($"--tile: got '{text}', expected two sides of 1 to {MostTileSide}, such as 8x16");

        static int? Side(string side) => Number(side) is >= 1 and <= MostTileSide and var value ? value : null;
    }

    /// <summary>Numbers below a count, and ranges of them.</summary>
    private static HashSet<int>? Numbers(Option<string?> option, string? text, int count)
    {
        if (text is null)
            return null;
        HashSet<int> numbers = [];
        foreach (string range in text.Split(',', '/'))
        {
            string[] ends = range.Split('-');
            if (ends.Length > 2 || Number(ends[0]) is not { } first || Number(ends[^1]) is not { } last || first > last || last >= count)
                throw new BadOptionException($"{option.Name}: got '{text}', expected numbers of 0 to {count - 1} and ranges of them, such as 0-2,5");
            numbers.UnionWith(Enumerable.Range(first, last - first + 1));
        }

        return numbers;
    }

    /// <summary>Ascending numbers with commas between them.</summary>
    private static int[] Distances(Option<string?> option, string? text)
    {
        if (text is null)
            return s_defaultDistances;
        if (text == "none")
            return [];
        int[] numbers = [.. text.Split(',', '/').Select(number => Number(number) is { } distance and <= MostTileSide ? distance : throw Wrong())];
        return numbers.SequenceEqual(numbers.Order()) ? numbers : throw Wrong();

        BadOptionException Wrong() => new($"{option.Name}: got '{text}', expected ascending numbers of 0 to {MostTileSide}, such as 2,6, or none");
    }

    private static int? Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : null;

    /// <param name="fromEnd">1 for the last source scale.</param>
    private static int DefaultWindow(int fromEnd) => fromEnd <= s_defaultWindows.Length ? s_defaultWindows[^fromEnd] : -1;

    /// <summary>One number for each scale: the defaults, the last ones replaced by the given ones.</summary>
    private static int[]? PerScale(Option<string?> option, string? text, int[] defaults, int least)
    {
        if (text is null)
            return null;

        string[] given = text.Split(',', '/');
        if (given.Length > defaults.Length)
            throw new BadOptionException($"{option.Name}: got {given.Length} numbers, expected at most {defaults.Length}, one for each source scale");
        int[] numbers = [.. defaults];
        for (int i = 0; i < given.Length; i++)
        {
            if (!int.TryParse(given[i], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) || number < least)
                throw new BadOptionException($"{option.Name}: got '{text}', expected whole numbers of at least {least} with commas between them");
            numbers[defaults.Length - given.Length + i] = number;
        }

        return numbers;
    }
}
