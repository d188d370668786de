using System.Reflection;

namespace VarSparse.Torch.Tests.TorchSharpRepair;

/// <summary>The Linux LibTorchSharp in the package folder; packages hold every system's, so it is there on any of them.</summary>
internal static class PackagedLibrary
{
    public static string Path { get; } = typeof(PackagedLibrary).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(data => data.Key == "LibTorchSharp").Value!;

    public static byte[] Read() => File.ReadAllBytes(Path);
}
