using System.Collections.Immutable;
using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Runtime;

/// <summary>What is done to PTX as text: the real target, the shared memory's declaration, parameter layout, a form to compare by.</summary>
internal static partial class PtxText
{
    // The 128-byte swizzle repeats every 1024 bytes of address, so tiles start at multiples of that.
    private const string SharedDeclaration = $".extern .shared .align 1024 .b8 {SharedBytes.Symbol}[];";

    /// <summary>
    /// Removes the functions that nothing calls: ILGPU writes an empty one for every intrinsic, although its calls were replaced.
    /// </summary>
    public static string RemoveUncalledFunctions(string text) =>
        Function().Replace(text, match => Regex.IsMatch(text, $@"\bcall\b[^;]*\b{match.Groups["name"].Value}\b") ? match.Value : "");

    /// <summary>
    /// Removes ILGPU's claims that a condition is the same in all lanes. Its analysis takes the result of any call for uniform, an
    /// intrinsic's too, and a false claim is undefined behaviour. The assembler finds the true ones itself.
    /// </summary>
    public static string DropUniformClaims(string text) => UniformClaim().Replace(text, "${instruction}");

    /// <summary>Writes the target's own architecture and version, and declares dynamic shared memory where it is used.</summary>
    public static string Retarget(string text, PtxTarget target)
    {
        text = VersionLine().Replace(text, $".version {target.Version}", 1);
        text = TargetLine().Replace(text, $".target {target.Name}", 1);
        if (!text.Contains(SharedBytes.Symbol, StringComparison.Ordinal))
            return text;
        text = SharedDeclarationLine().Replace(text, "");
        return AddressSizeLine().Replace(text, match => $"{match.Value}\n\n{SharedDeclaration}", 1);
    }

    /// <summary>Sizes and alignments of an entry point's parameters, read from its declaration.</summary>
    public static ImmutableArray<PtxParameter> Parameters(string text, string entryName, MethodInfo kernel)
    {
        var parameters = kernel.GetParameters();
        int start = text.IndexOf($".entry {entryName}(", StringComparison.Ordinal);
        int end = start < 0 ? -1 : text.IndexOf(')', start);
        var declarations = end < 0 ? [] : ParameterDeclaration().Matches(text[start..end]).ToArray();
        if (declarations.Length != parameters.Length)
        {
            throw new InvalidOperationException(
                $"kernel {kernel.Name}: its PTX declares {declarations.Length} parameters, its method has {parameters.Length}");
        }
        return [.. parameters.Zip(declarations, Parse)];
    }

    /// <summary>
    /// Numbers the counters that ILGPU appends to names by order of first appearance, so that equal code gives equal text however
    /// much was compiled before it.
    /// </summary>
    public static string Normalize(string text)
    {
        var numbers = new Dictionary<string, int>();
        return CountedName().Replace(text, match =>
        {
            string name = match.Value;
            if (!numbers.TryGetValue(name, out int number))
                numbers.Add(name, number = numbers.Count);
            return string.Create(CultureInfo.InvariantCulture, $"{match.Groups["stem"].Value}{number}");
        });
    }

    private static PtxParameter Parse(ParameterInfo parameter, Match declaration)
    {
        int element = int.Parse(declaration.Groups["bits"].ValueSpan, CultureInfo.InvariantCulture) / 8;
        var (count, align) = (declaration.Groups["count"], declaration.Groups["align"]);
        int bytes = count.Success ? element * int.Parse(count.ValueSpan, CultureInfo.InvariantCulture) : element;
        int alignment = align.Success ? int.Parse(align.ValueSpan, CultureInfo.InvariantCulture) : element;
        return new PtxParameter(parameter.Name ?? "", parameter.ParameterType, bytes, alignment);
    }

    [GeneratedRegex(@"^\.version\s+\S+", RegexOptions.Multiline)]
    private static partial Regex VersionLine();

    [GeneratedRegex(@"^\.target\s+\S+", RegexOptions.Multiline)]
    private static partial Regex TargetLine();

    [GeneratedRegex(@"^\.address_size\s+\d+", RegexOptions.Multiline)]
    private static partial Regex AddressSizeLine();

    [GeneratedRegex(@"^\.extern \.shared .*\r?\n", RegexOptions.Multiline)]
    private static partial Regex SharedDeclarationLine();

    // A declaration ends with a semicolon; a definition's body ends with the first brace that starts a line.
    [GeneratedRegex(@"^\.visible \.func (\(\.param[^)]*\) )?(?<name>\w+)\([^)]*\)\s*(;|\{.*?^\})\s*", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Function();

    // An unconditional bra.uni claims nothing about lanes that took another way.
    [GeneratedRegex(@"(?<instruction>@!?%p\d+\s+bra|\bbrx\.idx|\bret|\bcall)\.uni\b")]
    private static partial Regex UniformClaim();

    [GeneratedRegex(@"\.param\s+(\.align\s+(?<align>\d+)\s+)?\.[bfsu](?<bits>\d+)\s+\w+(\[(?<count>\d+)\])?")]
    private static partial Regex ParameterDeclaration();

    // _name_123 (parameters), L_123... (labels), name_123 (functions and return values).
    [GeneratedRegex(@"(?<stem>\b[A-Za-z_]\w*_)\d+\b")]
    private static partial Regex CountedName();
}
