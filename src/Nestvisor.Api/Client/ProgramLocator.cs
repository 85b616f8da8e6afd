using Nestvisor.Api.Errors;

namespace Nestvisor.Api.Client;

/// <summary>
/// Finds Nestvisor's programs: by a variable (NESTVISOR_SERVICE, NESTVISOR_WORKER), in the folder of the running program or one above
/// it, or in the folder artifacts/nestvisor of one above it.
/// </summary>
public static class ProgramLocator
{
    /// <summary>Name of the service's program.</summary>
    public const string Service = "nestvisor-service";

    /// <summary>Name of the worker's program.</summary>
    public const string Worker = "nestvisor-worker";

    /// <summary>Folder of the running program, unless a host such as stock PowerShell loaded Nestvisor from elsewhere.</summary>
    public static string StartFolder { get; set; } = AppContext.BaseDirectory;

    /// <summary>The path of a program.</summary>
    /// <exception cref="ApiException">It is not there.</exception>
    public static string Find(string program)
    {
        string variable = program == Service ? "NESTVISOR_SERVICE" : "NESTVISOR_WORKER";
        if (Environment.GetEnvironmentVariable(variable) is { Length: > 0 } named)
        {
            return File.Exists(named) ? Path.GetFullPath(named) : throw Missing(program, $"{variable} names '{named}', which is not a file.");
        }

        for (DirectoryInfo? folder = new(StartFolder); folder is not null; folder = folder.Parent)
        {
            foreach (string candidate in (ReadOnlySpan<string>)[Path.Combine(folder.FullName, program), Path.Combine(folder.FullName, "artifacts/nestvisor", program)])
            {
                if (File.Exists(candidate))
                {
                    return candidate;
                }
            }
        }

        throw Missing(program, $"It is neither in '{StartFolder}' nor in a folder above. Install Nestvisor whole, or set {variable} to its path.");
    }

    private static ApiException Missing(string program, string reason) =>
        new(ApiErrorCode.ServiceUnavailable, ApiErrorCategory.ResourceUnavailable, $"The program '{program}' was not found. {reason}");
}
