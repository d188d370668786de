// TorchSharp counts live tensors for the whole process, and tests compare that count before and after.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
