namespace VarSparse.Samples.Tests;

/// <summary>
/// Tests that need fixed numbers of torch's generator, which the whole process shares: one at a time and beside no other test, or a seed
/// gives other numbers each time.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class TorchRandom
{
    public const string Name = "torch's random numbers";
}
