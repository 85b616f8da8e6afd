using System.Diagnostics;

namespace Nestvisor.Guests.Tests;

/// <summary>Runs programs within a bound.</summary>
internal static class LabProcess
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(15);

    public static (int ExitCode, string Output, string Error) Run(string[] words, IReadOnlyDictionary<string, string>? environment = null)
    {
        using Process process = Start(words, environment);
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(Limit))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"'{string.Join(' ', words)}' did not end within {Limit}.");
        }

        (int, string, string) result = (process.ExitCode, output.GetAwaiter().GetResult(), error.GetAwaiter().GetResult());
        TestContext.Current.TestOutputHelper?.WriteLine($"$ {string.Join(' ', words)}\n{result.Item2}{result.Item3}exit code {result.Item1}");
        return result;
    }

    public static Process Start(string[] words, IReadOnlyDictionary<string, string>? environment = null)
    {
        ProcessStartInfo start = new(words[0]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string word in words[1..])
        {
            start.ArgumentList.Add(word);
        }

        foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }
}
