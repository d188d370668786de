using System.Reflection;
using VarSparse.Kernels.Attention.Portable;
using VarSparse.Kernels.Runtime;

namespace VarSparse.Kernels.Attention.Uncovered;

/// <summary>The second launch of a pattern that leaves queries in no tile: what to compile, and how to launch it.</summary>
internal static class UncoveredQueries
{
    /// <summary>A row of 256 elements is eight steps of a warp.</summary>
    public static LaunchBounds Bounds => new(32);

    /// <summary>Bound once: a launch looks its kernel up by it.</summary>
    private static readonly Dictionary<AttentionElement, MethodInfo> s_kernels = Enum.GetValues<AttentionElement>().ToDictionary(
        element => element,
        element => typeof(UncoveredQueriesKernel).GetMethod(nameof(UncoveredQueriesKernel.Run))!.MakeGenericMethod(PortableVariant.Types(element).Memory));

    /// <summary>The C# method for an element type.</summary>
    public static MethodInfo Kernel(AttentionElement element) => s_kernels[element];

    /// <summary>Grid and block; the grid is empty where all queries are covered: then there is nothing to launch.</summary>
    public static LaunchShape Shape(in AttentionParameters parameters, int count) =>
        new(count, parameters.Heads, parameters.Batch, Bounds.MaxThreads, 1, 1, 0);

    /// <summary>Adds the kernel's arguments in its order.</summary>
    /// <param name="parameters">The problem.</param>
    /// <param name="queries">Device address of the queries in no tile, int32.</param>
    /// <param name="headDimension">Elements of a head.</param>
    /// <param name="arguments">Where to add.</param>
    public static void AddArguments(in AttentionParameters parameters, ulong queries, int headDimension, ref LaunchArguments arguments)
    {
        arguments.Add(new DeviceView(queries));
        arguments.Add(new DeviceView(parameters.Output));
        arguments.Add(new DeviceView(parameters.LogSumExp));
        arguments.Add(PortableSizes.Of(parameters, headDimension));
    }
}
