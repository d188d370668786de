using VarSparse.TorchSharpRepair;

// TorchSharpRepair LIBRARY COPY: makes COPY the repaired form of LIBRARY if this machine needs one, and removes COPY if not.
// What was done goes to standard output, remarks to standard error: the targets file gives the two different importance.
if (args is not [string library, string copy])
{
    Console.Error.WriteLine("usage: TorchSharpRepair LIBRARY COPY");
    return 2;
}

bool? hasIosInit = SystemLibStdCpp.HasIosInit();
if (hasIosInit != false)
{
    File.Delete(copy);
    Console.Error.WriteLine($"LibTorchSharp: not repaired, {(hasIosInit == true ? "libstdc++ is new enough" : "no libstdc++ was found")}.");
    return 0;
}

try
{
    if (RepairedCopy.Update(library, copy))
        Console.WriteLine($"LibTorchSharp: repaired {copy} because this machine's libstdc++ is older than GCC 13.2's (no GLIBCXX_3.4.32).");
}
catch (InvalidDataException e)
{
    // MSBuild reads this form as a warning. The program is built all the same: it may be meant for another machine.
    Console.WriteLine(
        $"TorchSharpRepair : warning VSTR0001: {library} cannot be repaired for this machine's old libstdc++: {e.Message}. "
        + "Install libstdc++ of GCC 13.2 or later.");
}

return 0;
