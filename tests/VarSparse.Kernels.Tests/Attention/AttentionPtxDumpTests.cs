using VarSparse.Kernels.Attention;
using VarSparse.Kernels.Attention.Ampere;
using VarSparse.Kernels.Runtime;
using VarSparse.Kernels.Tests.Support;

namespace VarSparse.Kernels.Tests.Attention;

public sealed class AttentionPtxDumpTests(KernelLab compilers)
{
    [Fact]
    public void Ptx_of_every_attention_kernel_is_dumped_on_demand()
    {
        string? folder = Environment.GetEnvironmentVariable(PtxDump.FolderVariable);
        Assert.SkipWhen(folder is null, $"{PtxDump.FolderVariable} names no folder");
        Directory.CreateDirectory(folder);
        foreach (AttentionVariant variant in Enum.GetValues<AttentionElement>().SelectMany(AllVariants.Of))
        {
            PtxTarget[] targets = variant is HopperVariant ? [PtxTarget.Sm90a] : [PtxTarget.Sm80, PtxTarget.Sm90a, PtxTarget.Sm120];
            foreach (PtxTarget target in targets)
            {
                string options = variant switch
                {
                    HopperVariant => "." + variant.Kernel.DeclaringType!.GetGenericArguments()[^1].Name,
                    AmpereVariant => "." + variant.Kernel.GetGenericArguments()[^1].Name,
                    _ => "",
                };
                string name = $"{variant.Backend}.{variant.Element}.{variant.HeadDimension}{options}.{target}.ptx";
                File.WriteAllText(Path.Combine(folder, name), compilers.Compiler.Compile(variant.Kernel, target, variant.Bounds).Text);
            }
        }
    }
}
