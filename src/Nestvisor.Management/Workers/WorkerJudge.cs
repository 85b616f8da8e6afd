using System.Diagnostics;
using System.Text.Json;
using Nestvisor.Api;
using Nestvisor.Api.Client;
using Nestvisor.Api.Errors;
using Nestvisor.Api.Machines;
using Nestvisor.Api.Worker;
using Nestvisor.Management.Configuration;

namespace Nestvisor.Management.Workers;

/// <summary>Asks the worker program, which knows engines and saved states, what keeps a machine from running on this host.</summary>
internal sealed class WorkerJudge(NestvisorPaths paths)
{
    /// <summary>Asks.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="savedId">The identifier under which its state was saved.</param>
    /// <param name="savedState">Its saved state; null for none.</param>
    /// <param name="cancellation">Ends the program.</param>
    /// <exception cref="ApiException">The program is not there, or its answer cannot be read.</exception>
    public async Task<IReadOnlyList<WorkerObstacle>> AskAsync(MachineConfiguration machine, Guid savedId, string? savedState, CancellationToken cancellation)
    {
        string file = Path.Combine(paths.Runtime, $"judge-{Guid.NewGuid():N}.json");
        WorkerConfiguration configuration = WorkerRun.Describe(machine) with
        {
            Id = savedId,
            SavedStateFile = savedState,
            RestoreSavedState = savedState is not null,
        };
        try
        {
            AtomicFile.Write(file, JsonSerializer.SerializeToUtf8Bytes(configuration, WorkerJsonContext.Default.WorkerConfiguration));
            return await RunAsync(ProgramLocator.Find(ProgramLocator.Worker), file, cancellation).ConfigureAwait(false);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static async Task<IReadOnlyList<WorkerObstacle>> RunAsync(string program, string file, CancellationToken cancellation)
    {
        ProcessStartInfo start = new(program, ["judge", "--config", file])
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

                // The exit code only repeats whether there is an obstacle.
                return output.Length == 0
                    ? throw ApiException.Failed($"'{program}' did not judge the virtual machine. {(await errors.ConfigureAwait(false)).Trim()}")
                    : JsonSerializer.Deserialize(output, WorkerJsonContext.Default.IReadOnlyListWorkerObstacle) ?? throw new JsonException("It is null.");
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
