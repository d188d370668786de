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

    /// <summary>4 x head dimension x pairs in whole tiles x heads x batch entries, in 10^9.</summary>
    public required double Gigaflops { get; init; }

    /// <summary>What the device reaches in that type.</summary>
    public required double PeakGigaflopsPerSecond { get; init; }

    /// <summary>On a GPU the median between two events with cold L2.</summary>
    public double? DeviceMilliseconds { get; init; }
}
