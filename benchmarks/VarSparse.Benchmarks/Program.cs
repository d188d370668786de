using VarSparse.Benchmarks;

// Sparse against dense attention on this machine: the suite, a report of its results, and advice for one geometry.
return BenchmarkProgram.Run(args, Console.Out, Console.Error);
