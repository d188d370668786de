using VarSparse.Patterns;

namespace VarSparse.Samples.QuickStart;

/// <summary>What the command line asks for.</summary>
/// <param name="QueryScale">0-based scale whose queries are attended.</param>
/// <param name="Pattern">Windows, sinks and tiles of the sparse pattern.</param>
/// <param name="Threads">CPU threads, for dense and sparse attention alike.</param>
/// <param name="OutFolder">Where the picture goes.</param>
/// <param name="JsonFile">Where the figures go as JSON, or null.</param>
internal sealed record Settings(int QueryScale, CrossScaleLocalOptions Pattern, int Threads, string OutFolder, string? JsonFile);
