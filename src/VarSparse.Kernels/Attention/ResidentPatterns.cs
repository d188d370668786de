using System.Runtime.CompilerServices;
using VarSparse.Patterns;

namespace VarSparse.Kernels.Attention;

/// <summary>
/// Patterns on a device, copied there on first use: each as it is, with its tiles in pairs, or both, as kernels ask for it. They stay as long
/// as the pattern lives. Thread-safe.
/// </summary>
internal sealed class ResidentPatterns : IDisposable
{
    private readonly PatternUpload _upload;
    private readonly ConditionalWeakTable<SparsePattern, CudaPattern> _plain = [];
    private readonly ConditionalWeakTable<SparsePattern, CudaPattern> _paired = [];
    private readonly ConditionalWeakTable<SparsePattern, CudaPattern>.CreateValueCallback _uploadPlain;
    private readonly ConditionalWeakTable<SparsePattern, CudaPattern>.CreateValueCallback _uploadPaired;

    /// <summary>Takes over the upload.</summary>
    public ResidentPatterns(PatternUpload upload)
    {
        _upload = upload;
        _uploadPlain = pattern => upload.Upload(pattern, PatternImage.Create(pattern));
        _uploadPaired = pattern => upload.Upload(pattern, PatternImage.CreatePaired(pattern));
    }

    public CudaPattern Of(SparsePattern pattern, bool inPairs) =>
        inPairs ? _paired.GetValue(pattern, _uploadPaired) : _plain.GetValue(pattern, _uploadPlain);

    /// <summary>Frees the device memory.</summary>
    public void Dispose()
    {
        foreach ((_, CudaPattern pattern) in _plain.Concat(_paired))
            pattern.Dispose();
        _upload.Dispose();
    }
}
