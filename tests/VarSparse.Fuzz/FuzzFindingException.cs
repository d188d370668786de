namespace VarSparse.Fuzz;

/// <summary>Input was neither refused as it should be nor loaded correctly.</summary>
internal sealed class FuzzFindingException(string message) : Exception(message);
