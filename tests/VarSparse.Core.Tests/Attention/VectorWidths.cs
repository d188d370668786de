namespace VarSparse.Core.Tests.Attention;

/// <summary>Every register width there is code for. All run on any machine: the wider ones fall apart into narrower registers.</summary>
public static class VectorWidths
{
    public static TheoryData<int> All => [128, 256, 512];
}
