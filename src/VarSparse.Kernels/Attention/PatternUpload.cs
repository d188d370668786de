using VarSparse.Attention;
using VarSparse.Kernels.Runtime;
using VarSparse.Patterns;

namespace VarSparse.Kernels.Attention;

/// <summary>Copies a pattern's image to a device.</summary>
internal static class PatternUpload
{
    public static CudaPattern Upload(CudaDevice device, SparsePattern pattern)
    {
        PatternImage image = PatternImage.Create(pattern);
        var plan = default(MemoryPlan);
        long slots = plan.Reserve<int>(image.SlotQueries.Length);
        long keys = plan.Reserve<int>(image.Keys.Length);
        long ranges = plan.Reserve<int>(image.ListRanges.Length);
        long lists = plan.Reserve<int>(image.ListOfTile.Length);
        long stepRanges = plan.Reserve<int>(image.StepRanges.Length);
        long states = plan.Reserve<byte>(image.BlockStates.Length);
        long fragments = plan.Reserve<uint>(image.MaskFragments.Length);
        long biases = plan.Reserve<float>(image.KeyBias.Length);
        long uncovered = plan.Reserve<int>(image.UncoveredQueries.Length);
        DeviceMemory memory = device.Allocate(plan.Bytes);
        try
        {
            memory.Upload<int>(image.SlotQueries, slots);
            memory.Upload<int>(image.Keys, keys);
            memory.Upload<int>(image.ListRanges, ranges);
            memory.Upload<int>(image.ListOfTile, lists);
            memory.Upload<int>(image.StepRanges, stepRanges);
            memory.Upload<byte>(image.BlockStates, states);
            memory.Upload<uint>(image.MaskFragments, fragments);
            memory.Upload<float>(image.KeyBias, biases);
            memory.Upload<int>(image.UncoveredQueries, uncovered);
            var parameters = new AttentionParameters
            {
                SlotQueries = memory.Address + (ulong)slots,
                KeyIndices = memory.Address + (ulong)keys,
                ListRanges = memory.Address + (ulong)ranges,
                ListOfTile = memory.Address + (ulong)lists,
                StepRanges = image.HasMask ? memory.Address + (ulong)stepRanges : 0,
                BlockStates = image.HasMask ? memory.Address + (ulong)states : 0,
                MaskFragments = image.HasMask ? memory.Address + (ulong)fragments : 0,
                KeyBias = image.KeyBias.Length > 0 ? memory.Address + (ulong)biases : 0,
                QueryCount = image.QueryCount,
                KeyCount = image.KeyCount,
                TileCount = image.TileCount,
                WordsPerTile = image.WordsPerTile,
                ListHeadStride = image.HeadCount > 1 ? image.TileCount : 0,
                ListBatchStride = image.BatchCount > 1 ? image.TileCount * image.HeadCount : 0,
            };
            return new CudaPattern(memory, parameters, PatternSizes.Of(pattern), memory.Address + (ulong)uncovered, image.UncoveredQueries.Length);
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }
}
