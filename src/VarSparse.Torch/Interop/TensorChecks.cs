using TorchSharp;
using static TorchSharp.torch;

namespace VarSparse.Torch.Interop;

/// <summary>
/// Checks of what a caller passes in, done once at the edge. Each error is one line: the argument, what came, what was expected.
/// Sizes and strides are read one by one, because TorchSharp's arrays of them are allocated at every call.
/// </summary>
internal static class TensorChecks
{
    /// <summary>Checks q [B, H, Lq, D] and k, v [B, H, Lk, D] one by one and against each other, and reads their layout.</summary>
    /// <exception cref="ArgumentException">The first thing that is wrong.</exception>
    public static AttentionShape CheckAttentionInputs(Tensor q, Tensor k, Tensor v)
    {
        CheckAttentionInput(q, nameof(q));
        CheckAttentionInput(k, nameof(k));
        CheckAttentionInput(v, nameof(v));
        CheckAgree(k, nameof(k), q, nameof(q));
        CheckAgree(v, nameof(v), k, nameof(k));

        if (k.size(0) != q.size(0) || k.size(1) != q.size(1) || k.size(3) != q.size(3))
            throw Wrong(nameof(k), ShapeOf(k), $"[{q.size(0)}, {q.size(1)}, keys, {q.size(3)}] as q is {ShapeOf(q)}");
        CheckSameShape(v, k);

        return new(
            (int)q.size(0), (int)q.size(1), (int)q.size(2), (int)k.size(2), (int)q.size(3), q.dtype,
            StridesOf(q), StridesOf(k), StridesOf(v));
    }

    /// <summary>Checks k and v [B, H, Lk, D] one by one and against each other.</summary>
    /// <exception cref="ArgumentException">The first thing that is wrong.</exception>
    public static void CheckKeysAndValues(Tensor k, Tensor v)
    {
        CheckAttentionInput(k, nameof(k));
        CheckAttentionInput(v, nameof(v));
        CheckAgree(v, nameof(v), k, nameof(k));
        CheckSameShape(v, k);
        CheckDevice(k, nameof(k));
    }

    /// <summary>A tensor on the CPU or on a CUDA device: what there are backends for.</summary>
    public static void CheckDevice(Tensor tensor, string name)
    {
        if (tensor.device_type is not (DeviceType.CPU or DeviceType.CUDA))
            throw Wrong(name, $"a tensor on {tensor.device}", "one on the CPU or a CUDA device");
    }

    /// <summary>A tensor that has not been disposed.</summary>
    public static void CheckLive(Tensor tensor, string name)
    {
        ArgumentNullException.ThrowIfNull(tensor, name);
        if (tensor.IsInvalid)
            throw Wrong(name, "a disposed tensor", "a live one");
    }

    /// <summary>A tensor that has strides.</summary>
    public static void CheckStrided(Tensor tensor, string name)
    {
        if (tensor.is_sparse)
            throw Wrong(name, "a tensor of sparse layout", "a strided one");
    }

    /// <summary>A tensor through which no gradient is to flow.</summary>
    public static void CheckInference(Tensor tensor, string name)
    {
        if (tensor.requires_grad && is_grad_enabled())
            throw Wrong(name, "a tensor that requires a gradient", "inference: detach() it or call under torch.no_grad()");
    }

    private static void CheckAttentionInput(Tensor tensor, string name)
    {
        CheckLive(tensor, name);
        if (tensor.Dimensions != 4)
            throw Wrong(name, $"{tensor.Dimensions} dimensions {ShapeOf(tensor)}", "4: [batch, heads, tokens, head dimension]");
        CheckStrided(tensor, name);
        if (tensor.dtype is not (ScalarType.Float32 or ScalarType.Float16 or ScalarType.BFloat16))
            throw Wrong(name, $"{tensor.dtype}", "Float32, Float16 or BFloat16");
        CheckInference(tensor, name);

        for (int dimension = 0; dimension < 4; dimension++)
        {
            if (tensor.size(dimension) is < 1 or > int.MaxValue)
                throw Wrong(name, $"size {tensor.size(dimension)} of dimension {dimension} in {ShapeOf(tensor)}", $"1 to {int.MaxValue}");
        }

        // One element has no neighbour, so its stride says nothing.
        if (tensor.size(3) > 1 && tensor.stride(3) != 1)
            throw Wrong(name, $"stride {tensor.stride(3)} in the last dimension", "1: make it contiguous()");
    }

    private static void CheckSameShape(Tensor v, Tensor k)
    {
        if (v.size(0) != k.size(0) || v.size(1) != k.size(1) || v.size(2) != k.size(2) || v.size(3) != k.size(3))
            throw Wrong(nameof(v), ShapeOf(v), $"{ShapeOf(k)} as k is");
    }

    private static void CheckAgree(Tensor tensor, string name, Tensor other, string otherName)
    {
        if (tensor.dtype != other.dtype)
            throw Wrong(name, $"{tensor.dtype}", $"{other.dtype} as {otherName} is");
        if (tensor.device_type != other.device_type || tensor.device_index != other.device_index)
            throw Wrong(name, $"a tensor on {tensor.device}", $"one on {other.device} as {otherName} is");
    }

    public static TensorStrides StridesOf(Tensor tensor) => new(tensor.stride(0), tensor.stride(1), tensor.stride(2));

    public static string ShapeOf(Tensor tensor) => $"[{string.Join(", ", tensor.shape)}]";

    public static ArgumentException Wrong(string name, string got, string expected) =>
        new($"{name}: got {got}, expected {expected}.", name);
}
