// VarSparse.Fuzz TARGET            fuzzes under afl-fuzz: input comes on standard input, assemblies are instrumented (README.md)
// VarSparse.Fuzz TARGET FILE...    loads files once, to look at a finding
using SharpFuzz;
using VarSparse.Fuzz;

IFuzzTarget? target = FuzzTargets.All.FirstOrDefault(target => args.Length > 0 && target.Name == args[0]);
if (target is null)
{
    Console.Error.WriteLine($"usage: VarSparse.Fuzz {string.Join('|', FuzzTargets.All.Select(known => known.Name))} [FILE...]");
    return 1;
}

foreach (string file in args.Skip(1))
    Console.WriteLine($"{file}: {target.Load(file) ?? "loaded"}");
if (args.Length > 1)
    return 0;

string path = Path.Combine(Directory.CreateTempSubdirectory("varsparse-fuzz-").FullName, "input");
Fuzzer.OutOfProcess.Run(stream =>
{
    using (FileStream input = File.Create(path))
        stream.CopyTo(input);
    target.Load(path);
});
return 0;
