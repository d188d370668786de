namespace VarSparse.Kernels.Intrinsics.Emulation;

/// <summary>
/// CPU accelerator only: an mbarrier in its 64 bits. Bit 0: parity of the current phase. Bits 1 to 20: arrivals of a phase.
/// Bits 21 to 40: arrivals still to come. Bits 41 to 63: bytes still to come, signed, as they may come before they are announced.
/// </summary>
internal static class SoftwareAsyncBarrier
{
    private const int CountBits = 20, ExpectedShift = 1, PendingShift = 21, BytesShift = 41;
    private const long CountMask = (1L << CountBits) - 1;

    public static void Initialize(ref long word, int arrivals)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(arrivals, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(arrivals, CountMask);
        Volatile.Write(ref word, Compose(0, arrivals, arrivals, 0));
    }

    /// <summary>Takes arrivals from those still to come and adds to the bytes still to come; ends the phase where nothing is left.</summary>
    public static void Update(ref long word, int arrivals, int bytes)
    {
        long before = Volatile.Read(ref word);
        while (true)
        {
            long phase = before & 1, expected = before >> ExpectedShift & CountMask;
            long pending = (before >> PendingShift & CountMask) - arrivals, left = (before >> BytesShift) + bytes;
            if (expected == 0 || pending < 0)
                throw new InvalidOperationException($"mbarrier: more arrivals than the {expected} it was made for, or never made");
            long after = pending == 0 && left == 0 ? Compose(phase ^ 1, expected, expected, 0) : Compose(phase, expected, pending, left);
            long seen = Interlocked.CompareExchange(ref word, after, before);
            if (seen == before)
                return;
            before = seen;
        }
    }

    public static bool HasEnded(ref long word, int parity) => (Volatile.Read(ref word) & 1) != (parity & 1);

    private static long Compose(long phase, long expected, long pending, long bytes) =>
        phase | (expected << ExpectedShift) | (pending << PendingShift) | (bytes << BytesShift);
}
