namespace VarSparse.Kernels.Runtime;

/// <summary>A device's compute capability, such as 9.0 for Hopper.</summary>
internal readonly record struct ComputeCapability(int Major, int Minor) : IComparable<ComputeCapability>
{
    public static bool operator <(ComputeCapability left, ComputeCapability right) => left.CompareTo(right) < 0;

    public static bool operator >(ComputeCapability left, ComputeCapability right) => left.CompareTo(right) > 0;

    public static bool operator <=(ComputeCapability left, ComputeCapability right) => left.CompareTo(right) <= 0;

    public static bool operator >=(ComputeCapability left, ComputeCapability right) => left.CompareTo(right) >= 0;

    public int CompareTo(ComputeCapability other) => (Major, Minor).CompareTo((other.Major, other.Minor));

    public override string ToString() => $"{Major}.{Minor}";
}
