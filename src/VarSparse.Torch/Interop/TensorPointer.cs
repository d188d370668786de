using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace VarSparse.Torch.Interop;

/// <summary>
/// The address of a tensor's first element, on any device and of any dtype. TorchSharp has no public data_ptr: the storage's pointer
/// leaves out the tensor's offset and is a copy's for float16 and bfloat16. So this calls LibTorchSharp's own export, which is no
/// public contract and is therefore looked up, not imported.
/// </summary>
internal static unsafe class TensorPointer
{
    private static readonly delegate* unmanaged<nint, nint> TensorData = FindTensorData();

    /// <summary>
    /// The address of element [0, 0, ...], the storage offset included; zero for a tensor without elements. It is good only while the
    /// tensor lives: the caller ends its use of it with <see cref="GC.KeepAlive"/> of the tensor.
    /// </summary>
    /// <exception cref="InvalidOperationException">The tensor has elements but no memory (a meta tensor).</exception>
    /// <exception cref="NotSupportedException">This TorchSharp has no such export and the tensor is not on the CPU.</exception>
    /// <exception cref="ExternalException">libtorch's own error, for a tensor that is not strided.</exception>
    public static nint Of(Tensor tensor)
    {
        if (TensorData == null)
            return OfElementView(tensor);

        nint address = TensorData(tensor.Handle);
        if (address == 0)
        {
            CheckForErrors();
            if (tensor.numel() != 0)
            {
                throw new InvalidOperationException(
                    $"tensor: got one on {tensor.device} without memory, expected one that holds its elements.");
            }
        }

        GC.KeepAlive(tensor);
        return address;
    }

    /// <summary>
    /// The same from public API alone, for a TorchSharp without the export: the bytes of a view of the first element. It makes a
    /// tensor at every call, and TorchSharp gives bytes for the CPU only.
    /// </summary>
    internal static nint OfElementView(Tensor tensor)
    {
        if (tensor.device_type != DeviceType.CPU)
        {
            throw new NotSupportedException(
                $"tensor: got one on {tensor.device} with TorchSharp {typeof(Tensor).Assembly.GetName().Version}, expected 0.107.0.");
        }

        if (tensor.numel() == 0)
            return 0;
        using Tensor first = tensor.as_strided([1], [1], tensor.storage_offset());
        fixed (byte* address = first.bytes)
            return (nint)address;
    }

    private static delegate* unmanaged<nint, nint> FindTensorData() =>
        NativeLibrary.TryLoad("LibTorchSharp", typeof(Tensor).Assembly, searchPath: null, out nint library)
        && NativeLibrary.TryGetExport(library, "THSTensor_data", out nint export)
            ? (delegate* unmanaged<nint, nint>)export
            : null;
}
