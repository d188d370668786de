using VarSparse.Torch.Interop;
using static TorchSharp.torch;

namespace VarSparse.Torch.Hooks;

/// <summary>
/// Keys and values of all layers, in memory that is allocated once for the whole schedule: adding a scale copies that scale only.
/// </summary>
/// <remarks>
/// A layer's values lie behind its keys, so that keys and values which come out of one projection are added by one copy.
/// </remarks>
public sealed class KeyValueCache : IDisposable
{
    /// <summary>For each layer [2, rows, H, rows before + capacity, D], and the views of its two halves.</summary>
    private readonly Tensor[] _both;
    private readonly Tensor[] _keys;
    private readonly Tensor[] _values;
    private readonly int[] _lengths;

    /// <summary>Who wrote the rows in front last, for each layer and head.</summary>
    private readonly object?[,] _ownerOfRows;
    private readonly int _rows;
    private readonly int _rowsBefore;
    private bool _disposed;

    /// <summary>Allocates a cache.</summary>
    /// <param name="layers">Number of layers, at least 1.</param>
    /// <param name="rows">Batch entries: B, or 2B with guidance, conditional first.</param>
    /// <param name="heads">Heads (H), at least 1.</param>
    /// <param name="capacity">Most tokens, such as the schedule's token count.</param>
    /// <param name="headDimension">Elements of a head (D), at least 1.</param>
    /// <param name="dtype">Element type.</param>
    /// <param name="device">Device, or null for the CPU.</param>
    /// <exception cref="ArgumentException">A number is below 1.</exception>
    public KeyValueCache(int layers, int rows, int heads, int capacity, int headDimension, ScalarType dtype = ScalarType.Float32, Device? device = null)
        : this(layers, rows, heads, capacity, headDimension, dtype, device, rowsBefore: 0)
    {
    }

    /// <summary>Allocates a cache with room in front of the tokens for keys that are no tokens.</summary>
    internal KeyValueCache(int layers, int rows, int heads, int capacity, int headDimension, ScalarType dtype, Device? device, int rowsBefore)
    {
        Require.AtLeastOne(layers);
        Require.AtLeastOne(rows);
        Require.AtLeastOne(heads);
        Require.AtLeastOne(capacity);
        Require.AtLeastOne(headDimension);
        _rows = Rows = rows;
        Capacity = capacity;
        _rowsBefore = rowsBefore;
        _lengths = new int[layers];
        _ownerOfRows = new object?[layers, heads];
        _both = new Tensor[layers];
        _keys = new Tensor[layers];
        _values = new Tensor[layers];
        for (int layer = 0; layer < layers; layer++)
        {
            _both[layer] = empty([2, rows, heads, rowsBefore + capacity, headDimension], dtype: dtype, device: device).DetachFromDisposeScope();
            _keys[layer] = _both[layer].select(0, 0).DetachFromDisposeScope();
            _values[layer] = _both[layer].select(0, 1).DetachFromDisposeScope();
        }
    }

    /// <summary>Number of layers.</summary>
    public int Layers => _keys.Length;

    /// <summary>Batch entries in use: halved by <see cref="DropUnconditional"/>.</summary>
    public int Rows { get; private set; }

    /// <summary>Most tokens a layer can hold.</summary>
    public int Capacity { get; }

    /// <summary>Tokens that a layer holds.</summary>
    /// <param name="layer">0-based layer.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such layer.</exception>
    public int Length(int layer)
    {
        Require.Index(layer, Layers);
        return _lengths[layer];
    }

    /// <summary>Adds the keys and values of new tokens to a layer.</summary>
    /// <param name="layer">0-based layer.</param>
    /// <param name="key">Keys of the new tokens, [rows, H, n, D].</param>
    /// <param name="value">Values of the new tokens, [rows, H, n, D].</param>
    /// <returns>Views of all keys and of all values of the layer so far, [rows, H, length, D], no copies. The caller disposes them.</returns>
    /// <exception cref="ArgumentException">There is no such layer, a shape, dtype or device does not fit, or the tokens exceed the capacity.</exception>
    /// <exception cref="ObjectDisposedException">The cache has been disposed.</exception>
    public (Tensor Keys, Tensor Values) Append(int layer, Tensor key, Tensor value)
    {
        Require.NotDisposed(_disposed, "cache");
        Require.Index(layer, Layers);
        Check(layer, key, nameof(key));
        Check(layer, value, nameof(value));
        if (value.size(2) != key.size(2))
            throw TensorChecks.Wrong(nameof(value), $"{value.size(2)} tokens", $"{key.size(2)} as key has");
        int start = _lengths[layer];
        int end = start + (int)key.size(2);
        if (TensorPair.Of(key, value) is { } pair)
        {
            using (pair)
                Write(_both[layer], pair, start, end);
        }
        else
        {
            Write(_keys[layer], key, start, end);
            Write(_values[layer], value, start, end);
        }

        _lengths[layer] = end;
        return (View(_keys[layer], 0, end), View(_values[layer], 0, end));
    }

    /// <summary>
    /// Some heads' keys and values of a layer so far with some of the rows in front of them, for one owner of each head at a time; null if
    /// there are not as many.
    /// </summary>
    internal KeyRows? WithRowsBefore(int layer, int rows, object owner, int firstHead, int heads)
    {
        if (rows > _rowsBefore)
            return null;
        bool areKept = true;
        for (int head = firstHead; head < firstHead + heads; head++)
        {
            areKept &= ReferenceEquals(_ownerOfRows[layer, head], owner);
            _ownerOfRows[layer, head] = owner;
        }

        return new KeyRows(OfHeads(_keys[layer]), OfHeads(_values[layer]), areKept);

        Tensor OfHeads(Tensor buffer)
        {
            if (heads == buffer.size(1))
                return View(buffer, -rows, _lengths[layer]);
            using Tensor ofHeads = buffer.narrow(1, firstHead, heads);
            return View(ofHeads, -rows, _lengths[layer]);
        }
    }

    /// <summary>Forgets the second half of the batch, the unconditional branch, without a copy. Calling it again has no effect.</summary>
    /// <exception cref="InvalidOperationException">The cache holds an odd number of batch entries.</exception>
    public void DropUnconditional()
    {
        Require.NotDisposed(_disposed, "cache");
        if (Rows < _rows)
            return;
        if (_rows % 2 != 0)
            throw new InvalidOperationException($"DropUnconditional: the cache has {_rows} batch entries, expected an even number.");
        Rows = _rows / 2;
    }

    /// <summary>Empties the cache for another generation of the same size; the memory is kept.</summary>
    public void Clear()
    {
        Require.NotDisposed(_disposed, "cache");
        Array.Clear(_lengths);
        Array.Clear(_ownerOfRows);
        Rows = _rows;
    }

    /// <summary>Frees the memory.</summary>
    public void Dispose()
    {
        _disposed = true;
        foreach (Tensor tensor in _keys.Concat(_values).Concat(_both))
            tensor.Dispose();
    }

    private void Write(Tensor buffer, Tensor added, int start, int end)
    {
        using Tensor place = View(buffer, start, end);
        place.copy_(added);
    }

    /// <summary>The tokens from one to another of [(2,) rows, H, tokens, D]; those below zero are the rows in front.</summary>
    private Tensor View(Tensor buffer, int start, int end)
    {
        long dimensions = buffer.Dimensions;
        if (Rows == _rows)
            return buffer.narrow(dimensions - 2, _rowsBefore + start, end - start);
        using Tensor rows = buffer.narrow(dimensions - 4, 0, Rows);
        return rows.narrow(dimensions - 2, _rowsBefore + start, end - start);
    }

    private void Check(int layer, Tensor added, string name)
    {
        ArgumentNullException.ThrowIfNull(added, name);
        Tensor buffer = _keys[layer];
        if (added.Dimensions != 4 || added.size(0) != Rows || added.size(1) != buffer.size(1) || added.size(2) < 1 || added.size(3) != buffer.size(3))
            throw TensorChecks.Wrong(name, TensorChecks.ShapeOf(added), $"[{Rows}, {buffer.size(1)}, tokens, {buffer.size(3)}]");
        if (added.dtype != buffer.dtype || added.device_type != buffer.device_type)
            throw TensorChecks.Wrong(name, $"{added.dtype} on {added.device}", $"{buffer.dtype} on {buffer.device}");
        if (_lengths[layer] + added.size(2) > Capacity)
            throw TensorChecks.Wrong(name, $"{added.size(2)} tokens after {_lengths[layer]} at layer {layer}", $"at most {Capacity} in all");
    }
}
