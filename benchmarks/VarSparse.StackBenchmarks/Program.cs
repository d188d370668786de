using VarSparse.StackBenchmarks;

// The transformer stack of a large VAR model with random weights, scale by scale, dense and accelerated.
return CommandLine.Run(args, Console.Out, Console.Error);
