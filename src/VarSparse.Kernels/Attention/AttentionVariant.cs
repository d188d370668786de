using System.Reflection;
using VarSparse.Kernels.Runtime;

namespace VarSparse.Kernels.Attention;

/// <summary>
/// An attention kernel bound to an element type, a head dimension, and whether there are biases and a mask: what to compile, and how to launch it
/// on a problem. A plain value, made once for each such choice; nothing here allocates per launch.
/// </summary>
/// <param name="Backend">Which kernel.</param>
/// <param name="Element">Element type of queries, keys, values and output.</param>
/// <param name="HeadDimension">Elements of a head.</param>
/// <param name="Kernel">The C# method, generic parameters bound.</param>
/// <param name="Bounds">What it is to be compiled for; every launch has that many threads a group.</param>
internal abstract record AttentionVariant(
    AttentionBackend Backend, AttentionElement Element, int HeadDimension, MethodInfo Kernel, LaunchBounds Bounds)
{
    // What CUDA allows a grid to have in its second and third direction.
    private const int LargestGridSide = 65535;

    /// <summary>Dynamic shared memory of a group.</summary>
    public abstract int SharedBytes { get; }

    /// <summary>
    /// Grid, block and shared memory: a group for each word of a tile. The grid is empty where the pattern has no tile: then there is nothing to
    /// launch.
    /// </summary>
    public virtual LaunchShape Shape(in AttentionParameters parameters) => new(
        checked(parameters.TileCount * parameters.WordsPerTile), parameters.Heads, parameters.Batch, Bounds.MaxThreads, 1, 1, SharedBytes);

    /// <summary>Whether the kernel is faster with the pattern's tiles in pairs, <see cref="PatternImage.CreatePaired"/>.</summary>
    /// <param name="parameters">The problem, tile by tile.</param>
    public virtual bool TakesPairs(in AttentionParameters parameters) => false;

    /// <summary>Adds the kernel's arguments in its order.</summary>
    /// <param name="parameters">The problem.</param>
    /// <param name="shape">Its <see cref="Shape"/>, with a group at least.</param>
    /// <param name="arguments">Where they go.</param>
    public abstract void AddArguments(in AttentionParameters parameters, in LaunchShape shape, ref LaunchArguments arguments);

    /// <summary>Why the kernel cannot run these tensors, or null when it can, on a device that it fits by <see cref="BackendLimits"/>.</summary>
    /// <param name="parameters">The problem.</param>
    public string? WhyNot(in AttentionParameters parameters) =>
        parameters.Heads > LargestGridSide || parameters.Batch > LargestGridSide
            ? $"{parameters.Batch} batch entries and {parameters.Heads} heads are more than the {LargestGridSide} that a grid can have"
            : WrongProblem(parameters);

    /// <summary>Why addresses, strides or the scale do not suit the kernel, or null.</summary>
    protected virtual string? WrongProblem(in AttentionParameters parameters) => null;
}
