namespace VarSparse.TorchSharpRepair;

/// <summary>
/// Frees LibTorchSharp of the one thing that it needs from GCC 13.2's libstdc++: <c>std::ios_base_library_init()</c>,
/// version GLIBCXX_3.4.32, called once while the library loads, and empty but for making sure that the standard streams exist.
/// libtorch, which is loaded first, initialises them itself, so the call may go to any function that does nothing.
/// </summary>
internal static class IosInitRepair
{
    public const string Symbol = "_ZSt21ios_base_library_initv";

    private const string Version = "GLIBCXX_3.4.32";
    private const string VersionLibrary = "libstdc++.so.6";

    // The stand-in must already be imported, name and version, for an edit in place to reach it. floor only reads and writes a
    // floating-point register that the caller does not look at.
    private const string StandIn = "floor";
    private const string StandInLibrary = "libm.so.6";

    private const ushort WeakVersion = 2;

    /// <summary>Edits <paramref name="library"/>; false when it does not import the symbol, so that there is nothing to do.</summary>
    /// <exception cref="InvalidDataException">Not a library as expected. The bytes are then as they were.</exception>
    public static bool Apply(byte[] library)
    {
        var elf = new ElfImage(library);
        List<Import> imports = ReadImports(elf);
        if (!imports.Exists(import => import.Name == Symbol))
            return false;

        List<VersionNeed> needs = ReadVersionNeeds(elf);
        VersionNeed needed = needs.Find(need => need.Name == Version && need.Library == VersionLibrary)
            ?? throw new InvalidDataException($"it imports {Symbol} but needs no {Version} of {VersionLibrary}");
        List<Import> users = imports.FindAll(import => import.VersionIndex == needed.Index);
        if (users is not [{ Name: Symbol } user])
            throw new InvalidDataException($"{users.Count} symbols need {Version}, expected {Symbol} alone");
        Import standIn = imports.Find(import => import.Name == StandIn)
            ?? throw new InvalidDataException($"it does not import {StandIn}");
        if (!needs.Exists(need => need.Index == standIn.VersionIndex && need.Library == StandInLibrary))
            throw new InvalidDataException($"its {StandIn} does not come from {StandInLibrary}");

        elf.WriteUInt32(user.SymbolOffset, standIn.NameOffset);
        elf.WriteUInt16(user.VersionOffset, standIn.VersionIndex);
        elf.WriteUInt16(needed.FlagsOffset, (ushort)(elf.ReadUInt16(needed.FlagsOffset) | WeakVersion));
        return true;
    }

    private sealed record Import(string Name, uint NameOffset, ulong SymbolOffset, ushort VersionIndex, ulong VersionOffset);

    private sealed record VersionNeed(string Name, string Library, ushort Index, ulong FlagsOffset);

    // The GNU hash table starts at the first exported symbol; what is imported comes before it. So renaming an import
    // leaves the table right.
    private static List<Import> ReadImports(ElfImage elf)
    {
        (ulong names, ulong namesEnd) = StringTable(elf);
        ulong hashTable = elf.OffsetOf(elf.Dynamic(0x6ffffef5, "DT_GNU_HASH"), 16);
        uint firstExport = elf.ReadUInt32(hashTable + 4);
        ulong symbols = elf.OffsetOf(elf.Dynamic(6, "DT_SYMTAB"), (ulong)firstExport * ElfImage.SymbolSize);
        ulong versions = elf.OffsetOf(elf.Dynamic(0x6ffffff0, "DT_VERSYM"), (ulong)firstExport * sizeof(ushort));

        var imports = new List<Import>();
        for (uint i = 1; i < firstExport; i++)
        {
            ulong symbol = symbols + ((ulong)i * ElfImage.SymbolSize), version = versions + ((ulong)i * sizeof(ushort));
            uint name = elf.ReadUInt32(symbol);
            imports.Add(new(elf.ReadText(names + name, namesEnd), name, symbol, elf.ReadUInt16(version), version));
        }

        return imports;
    }

    private static List<VersionNeed> ReadVersionNeeds(ElfImage elf)
    {
        (ulong names, ulong namesEnd) = StringTable(elf);
        ulong library = elf.OffsetOf(elf.Dynamic(0x6ffffffe, "DT_VERNEED"), 16);

        // Two levels of linked entries: libraries, and the versions of each. A step is unsigned, so a chain cannot loop.
        var needs = new List<VersionNeed>();
        uint nextLibrary, nextVersion;
        do
        {
            string libraryName = elf.ReadText(names + elf.ReadUInt32(library + 4), namesEnd);
            ulong version = library + elf.ReadUInt32(library + 8);
            do
            {
                string name = elf.ReadText(names + elf.ReadUInt32(version + 8), namesEnd);
                needs.Add(new(name, libraryName, elf.ReadUInt16(version + 6), version + 4));
                version += nextVersion = elf.ReadUInt32(version + 12);
            }
            while (nextVersion != 0);

            library += nextLibrary = elf.ReadUInt32(library + 12);
        }
        while (nextLibrary != 0);

        return needs;
    }

    private static (ulong Start, ulong End) StringTable(ElfImage elf)
    {
        ulong size = elf.Dynamic(10, "DT_STRSZ");
        ulong start = elf.OffsetOf(elf.Dynamic(5, "DT_STRTAB"), size);
        return (start, start + size);
    }
}
