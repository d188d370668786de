namespace VarSparse.Fuzz;

/// <summary>Something that reads input nobody has vouched for.</summary>
internal interface IFuzzTarget
{
    /// <summary>The target's name on the command line and its folder in the corpus.</summary>
    string Name { get; }

    /// <summary>Bytes that it may allocate beyond twice the file's size: what errors, handles and named sizes take.</summary>
    long Allowance { get; }

    /// <summary>Loads a file and uses what it holds.</summary>
    /// <returns>Null if it loaded, or the message with which it was refused.</returns>
    /// <exception cref="FuzzFindingException">What was loaded contradicts itself, or the message takes more than a line.</exception>
    string? Load(string path);
}
