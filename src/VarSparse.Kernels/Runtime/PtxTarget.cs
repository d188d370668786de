namespace VarSparse.Kernels.Runtime;

/// <summary>A GPU architecture to compile for: what <c>.target</c> and <c>.version</c> of the PTX say.</summary>
/// <param name="Major">Compute capability, major part.</param>
/// <param name="Minor">Compute capability, minor part.</param>
/// <param name="ArchitectureSpecific">Whether instructions of this architecture alone are used (sm_90a: wgmma, setmaxnreg).</param>
internal readonly record struct PtxTarget(int Major, int Minor, bool ArchitectureSpecific = false)
{
    public static readonly PtxTarget Sm80 = new(8, 0);
    public static readonly PtxTarget Sm86 = new(8, 6);
    public static readonly PtxTarget Sm89 = new(8, 9);
    public static readonly PtxTarget Sm90 = new(9, 0);
    public static readonly PtxTarget Sm90a = new(9, 0, ArchitectureSpecific: true);
    public static readonly PtxTarget Sm100 = new(10, 0);
    public static readonly PtxTarget Sm120 = new(12, 0);

    /// <summary>The name PTX uses, such as sm_90a.</summary>
    public string Name => $"sm_{Major}{Minor}{(ArchitectureSpecific ? "a" : "")}";

    /// <summary>The lowest PTX version that knows the architecture: any driver that can run the device accepts it.</summary>
    public string Version => (Major, Minor) switch
    {
        ( >= 12, _) => "8.7",
        ( >= 10, _) => "8.6",
        ( >= 9, _) => "8.0",
        (8, >= 9) => "7.8",
        (8, >= 7) => "7.4",
        (8, _) => "7.1",
        (7, >= 5) => "6.3",
        _ => "6.0",
    };

    public override string ToString() => Name;
}
