namespace VarSparse.Torch.Hooks;

/// <summary>A layer's keys and values in the generation's cache, with rows more in front.</summary>
/// <param name="rows">How many rows.</param>
/// <param name="owner">Who will write them.</param>
/// <param name="firstHead">0-based.</param>
/// <param name="heads">How many heads, side by side.</param>
internal delegate KeyRows? RowsBefore(int rows, object owner, int firstHead, int heads);
