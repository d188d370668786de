using System.CommandLine;
using VarSparse.Benchmarks.Advice;
using VarSparse.Benchmarks.Reporting;
using VarSparse.Benchmarks.Suite;

namespace VarSparse.Benchmarks;

/// <summary>The program's commands, and how failures become exit codes.</summary>
internal static class BenchmarkProgram
{
    private const int Failure = 1;
    private const int BadOptions = 2;

    /// <returns>0, 1 for a failure, or 2 for bad options, each with one line that says why.</returns>
    public static int Run(string[] args, TextWriter output, TextWriter errors)
    {
        RootCommand root = new SuiteCommand(args, output).Create();
        root.Add(ReportCommand.Create(output));
        root.Add(AdviseCommand.Create(output));
        try
        {
            ParseResult parsed = root.Parse(args);
            if (parsed.Errors.Count > 0)
                throw new FormatException(parsed.Errors[0].Message);
            // The suite hands what it does not know to BenchmarkDotNet; its commands must not.
            if (parsed.CommandResult.Command != root && parsed.UnmatchedTokens is [var unknown, ..])
                throw new FormatException($"{parsed.CommandResult.Command.Name}: got '{unknown}', expected an option that --help lists");
            return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, Output = output, Error = errors });
        }
        catch (FormatException e)
        {
            errors.WriteLine($"error: {e.Message}");
            return BadOptions;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            errors.WriteLine($"error: {e.Message}");
            return Failure;
        }
    }
}
