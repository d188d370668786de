namespace VarSparse.Kernels.Runtime;

/// <summary>Grid and block extents of a launch, and its dynamic shared memory per block in bytes.</summary>
internal readonly record struct LaunchShape(
    int GridX, int GridY, int GridZ, int BlockX, int BlockY, int BlockZ, int DynamicSharedBytes)
{
    internal LaunchShape(int gridX, int blockX, int dynamicSharedBytes = 0)
        : this(gridX, 1, 1, blockX, 1, 1, dynamicSharedBytes)
    {
    }

    public override string ToString() =>
        $"grid ({GridX}, {GridY}, {GridZ}), block ({BlockX}, {BlockY}, {BlockZ}), {DynamicSharedBytes} bytes of dynamic shared memory";
}
