using static TorchSharp.torch;

namespace VarSparse.Torch.Interop;

/// <summary>Copies of small host tensors to the device of others.</summary>
internal static class Uploads
{
    /// <summary>On CUDA queued from pinned memory: a copy from other memory would wait for the device.</summary>
    public static Tensor To(Tensor onHost, Device device)
    {
        if (device.type != TorchSharp.DeviceType.CUDA)
            return onHost.to(device);
        using Tensor pinned = onHost.pin_memory();
        return pinned.to(device, non_blocking: true);
    }
}
