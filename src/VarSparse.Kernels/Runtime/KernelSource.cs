namespace VarSparse.Kernels.Runtime;

/// <summary>PTX text, the name of the kernel in it, and how the driver is to compile it.</summary>
/// <param name="Ptx">One module of PTX, retargeted to the device already.</param>
/// <param name="EntryPoint">The .entry to load.</param>
/// <param name="MaxRegisters">Registers a thread may use; 0 leaves it to the compiler and to .maxnreg in the text.</param>
internal sealed record KernelSource(string Ptx, string EntryPoint, int MaxRegisters = 0);
