namespace VarSparse.Torch.Hooks;

/// <summary>Says which attention heads are chosen. It must give the same answer throughout a generation.</summary>
/// <param name="layer">0-based layer.</param>
/// <param name="head">0-based head of the layer.</param>
public delegate bool HeadChoice(int layer, int head);
