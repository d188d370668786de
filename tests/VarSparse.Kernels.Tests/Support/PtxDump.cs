namespace VarSparse.Kernels.Tests.Support;

/// <summary>Writes the PTX of every test kernel to files, for an assembler on a machine that has one.</summary>
internal static class PtxDump
{
    /// <summary>Environment variable that names the folder to dump to.</summary>
    public const string FolderVariable = "VARSPARSE_DUMP_PTX";

    /// <summary>Writes one file per kernel and architecture.</summary>
    /// <returns>How many were written.</returns>
    public static int WriteAll(KernelLab lab, string folder)
    {
        Directory.CreateDirectory(folder);
        int count = 0;
        foreach (var kernel in TestKernel.All)
        {
            string text = lab.Compile(kernel.Method, kernel.Target, kernel.Threads).Text;
            File.WriteAllText(Path.Combine(folder, kernel.Name + ".ptx"), text);
            count++;
        }
        return count;
    }
}
