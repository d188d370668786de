using System.Collections.Immutable;

namespace VarSparse.Kernels.Runtime;

/// <summary>A kernel compiled to PTX.</summary>
/// <param name="Text">The module's text.</param>
/// <param name="EntryName">Name of the entry point in the module.</param>
/// <param name="Parameters">The entry point's parameters in order, as a launch must pass them.</param>
/// <param name="Target">What it was compiled for.</param>
internal sealed record PtxKernel(string Text, string EntryName, ImmutableArray<PtxParameter> Parameters, PtxTarget Target)
{
    /// <summary>The text without what differs between two compilations of the same source: the base of cache keys.</summary>
    public string NormalizedText => PtxText.Normalize(Text);
}

/// <summary>One parameter of a kernel.</summary>
/// <param name="Name">The parameter's name in C#.</param>
/// <param name="Type">The parameter's type in C#. An ArrayView is {pointer, 64-bit length}.</param>
/// <param name="Bytes">Its size in the parameter block.</param>
/// <param name="Alignment">Its alignment there.</param>
internal readonly record struct PtxParameter(string Name, Type Type, int Bytes, int Alignment);

/// <summary>What the compiler may assume about launches.</summary>
/// <param name="MaxThreads">The largest number of threads in a group.</param>
/// <param name="MinGroupsPerMultiprocessor">How many groups shall fit on a multiprocessor at once.</param>
internal readonly record struct LaunchBounds(int MaxThreads, int MinGroupsPerMultiprocessor = 1);
