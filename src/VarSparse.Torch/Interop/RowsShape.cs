using TorchSharp;
using VarSparse.Kernels;
using static TorchSharp.torch;

namespace VarSparse.Torch.Interop;

/// <summary>
/// What is common to the tensors [B, n, C] of a call, read once from the first of them, x; the others are checked against it. Errors are as
/// those of <see cref="TensorChecks"/>.
/// </summary>
internal readonly record struct RowsShape(int Batch, int Tokens, int Width, ScalarType DType, DeviceType DeviceType, int DeviceIndex)
{
    /// <summary>A launch's limit along y.</summary>
    private const int MostBatch = 65535;

    private const string X = "x";

    /// <summary>True where there are kernels for such tensors.</summary>
    public bool HasKernels => DeviceType == DeviceType.CUDA && DType != ScalarType.Float64 && Batch <= MostBatch;

    public CudaRowSizes Sizes => new(Batch, Tokens, Width, CudaDevices.ElementOf(DType));

    /// <summary>Checks x and reads its shape.</summary>
    public static RowsShape Of(Tensor x)
    {
        CheckRows(x, X);
        TensorChecks.CheckDevice(x, X);
        ScalarType type = x.dtype;
        if (type is not (ScalarType.Float32 or ScalarType.Float16 or ScalarType.BFloat16 or ScalarType.Float64))
            throw TensorChecks.Wrong(X, $"{type}", "Float32, Float16, BFloat16 or Float64");
        return new(SizeOf(x, 0), SizeOf(x, 1), SizeOf(x, 2), type, x.device_type, x.device_index);
    }

    /// <summary>Of x, which has been checked, or of a new tensor like it.</summary>
    public TensorRows Rows(Tensor x) => TensorRows.Of(x, Batch, Tokens, Width);

    /// <summary>Checks a tensor of x's sizes and device.</summary>
    public TensorRows CheckLike(Tensor tensor, string name)
    {
        CheckRows(tensor, name);
        CheckDevice(tensor, name);
        if (tensor.size(0) != Batch || tensor.size(1) != Tokens || tensor.size(2) != Width)
            throw TensorChecks.Wrong(name, TensorChecks.ShapeOf(tensor), $"[{Batch}, {Tokens}, {Width}] as {X} is");
        return Rows(tensor);
    }

    /// <summary>Checks a tensor of x's dtype and device that broadcasts to its sizes over batch entries, tokens or both.</summary>
    public TensorRows CheckBroadcast(Tensor tensor, string name)
    {
        CheckRows(tensor, name);
        CheckDevice(tensor, name);
        if (tensor.dtype != DType)
            throw TensorChecks.Wrong(name, $"{tensor.dtype}", $"{DType} as {X} is");
        (long batch, long tokens) = (tensor.size(0), tensor.size(1));
        if ((batch != Batch && batch != 1) || (tokens != Tokens && tokens != 1) || tensor.size(2) != Width)
            throw TensorChecks.Wrong(name, TensorChecks.ShapeOf(tensor), $"[{Batch} or 1, {Tokens} or 1, {Width}] as {X} is [{Batch}, {Tokens}, {Width}]");
        return TensorRows.Of(tensor, batch, tokens, Width);
    }

    /// <summary>Checks that the rows of x, which are to be written, lie apart.</summary>
    public void CheckApart(in TensorRows x)
    {
        if ((Batch > 1 && x.BatchStride == 0) || (Tokens > 1 && x.TokenStride == 0))
            throw TensorChecks.Wrong(X, "rows that lie in one place", "rows apart, as clone() gives them");
    }

    private static void CheckRows(Tensor tensor, string name)
    {
        TensorChecks.CheckLive(tensor, name);
        if (tensor.Dimensions != 3)
            throw TensorChecks.Wrong(name, $"{tensor.Dimensions} dimensions {TensorChecks.ShapeOf(tensor)}", "3: [batch, tokens, channels]");
        TensorChecks.CheckStrided(tensor, name);
        TensorChecks.CheckInference(tensor, name);
    }

    private static int SizeOf(Tensor x, int dimension) => x.size(dimension) is >= 1 and <= int.MaxValue and var size
        ? (int)size
        : throw TensorChecks.Wrong(X, $"size {x.size(dimension)} of dimension {dimension} in {TensorChecks.ShapeOf(x)}", $"1 to {int.MaxValue}");

    private void CheckDevice(Tensor tensor, string name)
    {
        if (tensor.device_type != DeviceType || tensor.device_index != DeviceIndex)
            throw TensorChecks.Wrong(name, $"a tensor on {tensor.device}", $"one on {new Device(DeviceType, DeviceIndex)} as {X} is");
    }
}
