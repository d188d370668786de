namespace VarSparse.TorchSharpRepair;

/// <summary>The repaired copy that a build keeps beside its intermediate files and takes in place of the package's file.</summary>
internal static class RepairedCopy
{
    /// <summary>
    /// Makes <paramref name="copy"/> the repaired form of <paramref name="library"/>, or removes it when the library needs no
    /// repair. The library is only read.
    /// </summary>
    /// <returns>Whether a new copy was written; false also when the one that is there is right already.</returns>
    /// <exception cref="InvalidDataException">The library is not as expected; there is no copy then.</exception>
    public static bool Update(string library, string copy)
    {
        byte[] bytes = File.ReadAllBytes(library);
        bool repaired;
        try
        {
            repaired = IosInitRepair.Apply(bytes);
        }
        catch (InvalidDataException)
        {
            File.Delete(copy);
            throw;
        }

        if (!repaired)
        {
            File.Delete(copy);
            return false;
        }

        if (File.Exists(copy) && File.ReadAllBytes(copy).AsSpan().SequenceEqual(bytes))
            return false;

        Replace(copy, bytes);
        return true;
    }

    // A new file renamed over the old one: a hard link to the old one keeps its bytes, and a concurrent build sees a whole file.
    private static void Replace(string path, byte[] bytes)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        string fresh = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            File.WriteAllBytes(fresh, bytes);
            File.Move(fresh, path, overwrite: true);
        }
        finally
        {
            File.Delete(fresh);
        }
    }
}
