using TorchSharp;
using VarSparse.Torch.Hooks;
using static TorchSharp.torch;

namespace VarSparse.StackBenchmarks;

/// <summary>All blocks with random weights, and a random input as long as the longest scale.</summary>
internal sealed class Stack : IDisposable
{
    private readonly StackSize _size;
    private readonly Block[] _blocks;
    private readonly Tensor _input;
    private readonly Tensor _projected;

    /// <param name="size">Sizes.</param>
    /// <param name="batch">Rows: two for one image with guidance.</param>
    /// <param name="device">Where the weights are made and used.</param>
    /// <param name="type">Their type.</param>
    /// <param name="seed">What weights and input depend on.</param>
    /// <param name="steps">What blocks do between matrix products.</param>
    public Stack(StackSize size, int batch, Device device, ScalarType type, long seed, IBlockSteps steps)
    {
        _size = size;
        manual_seed(seed);
        using IDisposable inference = inference_mode();
        using DisposeScope scope = NewDisposeScope();
        _blocks = [.. Enumerable.Range(0, size.Layers).Select(_ => new Block(size, batch, device, type, steps))];
        int longest = size.Schedule.Max(grid => grid.TokenCount);
        _input = randn([batch, longest, size.Width], dtype: type, device: device).DetachFromDisposeScope();
        _projected = randn([batch, longest, 3, size.Heads, size.HeadDimension], dtype: type, device: device).DetachFromDisposeScope();
    }

    /// <summary>Runs all blocks on the first tokens of the input. Without waiting, on a GPU.</summary>
    /// <param name="tokens">How many tokens (n).</param>
    /// <param name="generation">Attends.</param>
    /// <param name="blockDone">Called after each block.</param>
    /// <returns>[B, n, C].</returns>
    public Tensor Run(int tokens, VarGeneration generation, Action? blockDone = null)
    {
        using Tensor first = _input.narrow(1, 0, tokens);
        Tensor x = first.clone();
        Tensor? normalised = _blocks[0].Normalise(x);
        for (int layer = 0; layer < _blocks.Length; layer++)
        {
            Block? next = layer + 1 < _blocks.Length ? _blocks[layer + 1] : null;
            using Tensor input = normalised!;
            normalised = _blocks[layer].Run(x, input, next, layer, generation);
            blockDone?.Invoke();
        }

        return x;
    }

    /// <summary>Runs the attention of all blocks and nothing else, on random queries, keys and values: the same launches, cache included.</summary>
    /// <param name="tokens">How many tokens.</param>
    /// <param name="generation">Attends.</param>
    /// <param name="blockDone">Called after each block's attention.</param>
    public void RunAttention(int tokens, VarGeneration generation, Action? blockDone = null)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor[] parts = _projected.narrow(1, 0, tokens).permute(2, 0, 3, 1, 4).unbind(0);
        for (int layer = 0; layer < _size.Layers; layer++)
        {
            generation.AttendCached(layer, parts[0], parts[1], parts[2]).Dispose();
            blockDone?.Invoke();
        }
    }

    public void Dispose()
    {
        foreach (Block block in _blocks)
            block.Dispose();
        _input.Dispose();
        _projected.Dispose();
    }
}
