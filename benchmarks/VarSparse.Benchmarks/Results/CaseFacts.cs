namespace VarSparse.Benchmarks.Results;

/// <summary>What a benchmark of attention knows of itself.</summary>
internal sealed record CaseFacts
{
    /// <summary>Queries of a head.</summary>
    public required int Queries { get; init; }

    /// <summary>Keys of a head.</summary>
    public required int Keys { get; init; }

    /// <summary>Visible pairs over all pairs.</summary>
    public required double Density { get; init; }

    /// <summary>4 x head dimension x visible pairs x heads x batch entries, in 10^9.</summary>
    public required double Gigaflops { get; init; }

    /// <summary>The type that the peak is of: the tensors' on a GPU; float32 on a CPU, where all types are computed in it.</summary>
    public required string PeakType { get; init; }

    /// <summary>What the device reaches in that type, measured after the case.</summary>
    public required double PeakGigaflopsPerSecond { get; init; }

    /// <summary>On a GPU the median between two events with cold L2.</summary>
    public double? DeviceMilliseconds { get; init; }
}
