using System.Diagnostics;
using System.Text.Json;
using Nestvisor.Api.Errors;
using Nestvisor.Api.Worker;

namespace Nestvisor.Api.Client;

/// <summary>Questions that nestvisor-worker answers by itself, without the service.</summary>
public static class WorkerProgram
{
    /// <summary>Checks what keeps this host from nesting, as this user.</summary>
    /// <param name="cancellation">Ends the wait and the program.</param>
    /// <returns>The checks of all engines; the last one of an engine is the outcome.</returns>
    /// <exception cref="ApiException">The program is not there, or its answer cannot be read.</exception>
    public static async Task<IReadOnlyList<WorkerNestingCheck>> CheckNestingAsync(CancellationToken cancellation = default)
    {
        string program = ProgramLocator.Find(ProgramLocator.Worker);
        ProcessStartInfo start = new(program, ["check", "--nested", "--json"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            using Process process = Process.Start(start) ?? throw ApiException.Failed($"'{program}' could not be started.");
            try
            {
                process.StandardInput.Close();
                Task<string> errors = process.StandardError.ReadToEndAsync(cancellation);
                string output = await process.StandardOutput.ReadToEndAsync(cancellation).ConfigureAwait(false);

                // The exit code tells the outcome; whether there is an answer is told by the answer.
                return output.Length == 0
                    ? throw ApiException.Failed($"'{program}' did not check the host. {(await errors.ConfigureAwait(false)).Trim()}")
                    : JsonSerializer.Deserialize(output, WorkerJsonContext.Default.IReadOnlyListWorkerNestingCheck)
                        ?? throw new JsonException("It is null.");
            }
            catch (OperationCanceledException)
            {
                process.Kill();
                throw;
            }
        }
        catch (JsonException error)
        {
            throw ApiException.Failed($"The answer of '{program}' cannot be read: {error.Message} Have all of Nestvisor's programs the same version?", error);
        }
        catch (System.ComponentModel.Win32Exception error)
        {
            throw ApiException.Failed($"'{program}' could not be started: {error.Message}", error);
        }
    }
}
