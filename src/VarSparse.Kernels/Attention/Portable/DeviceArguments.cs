namespace VarSparse.Kernels.Attention.Portable;

/// <summary>
/// An ILGPU ArrayView as it lies in the parameters of a CUDA kernel. The kernels here only ask whether a view is empty, so one whose
/// length is not known counts as endless.
/// </summary>
internal readonly struct DeviceView(ulong address)
{
    public readonly ulong Address = address;
    public readonly long Length = address == 0 ? 0 : long.MaxValue;
}

/// <summary><see cref="PortableTensors{T}"/> for a launch by device addresses: the same fields in the same order.</summary>
internal struct DeviceTensors
{
    public DeviceView Queries;
    public DeviceView Keys;
    public DeviceView Values;
    public DeviceView Output;
    public DeviceView LogSumExp;

    public static DeviceTensors Of(in AttentionParameters parameters) => new()
    {
        Queries = new(parameters.Queries),
        Keys = new(parameters.Keys),
        Values = new(parameters.Values),
        Output = new(parameters.Output),
        LogSumExp = new(parameters.LogSumExp),
    };
}

/// <summary><see cref="PortablePattern"/> for a launch by device addresses: the same fields in the same order.</summary>
internal struct DevicePattern
{
    public DeviceView SlotQueries;
    public DeviceView KeyIndices;
    public DeviceView ListRanges;
    public DeviceView ListOfTile;
    public DeviceView BlockStates;
    public DeviceView MaskFragments;
    public DeviceView KeyBias;

    public static DevicePattern Of(in AttentionParameters parameters) => new()
    {
        SlotQueries = new(parameters.SlotQueries),
        KeyIndices = new(parameters.KeyIndices),
        ListRanges = new(parameters.ListRanges),
        ListOfTile = new(parameters.ListOfTile),
        BlockStates = new(parameters.BlockStates),
        MaskFragments = new(parameters.MaskFragments),
        KeyBias = new(parameters.KeyBias),
    };
}
