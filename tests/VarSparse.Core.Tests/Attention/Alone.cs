namespace VarSparse.Core.Tests.Attention;

/// <summary>Tests that nothing may run beside: they count the process's allocations or occupy its thread pool.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public class Alone;
