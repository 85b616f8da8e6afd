using Nestvisor.Api;
using Nestvisor.Api.Client;

namespace Microsoft.HyperV.PowerShell.Session;

/// <summary>The connection of this process to the service.</summary>
internal sealed class ServiceSession
{
    private static readonly Lock Guard = new();
    private static ServiceSession? s_current;

    private readonly NestvisorPaths _paths;
    private int _generation;

    private ServiceSession(NestvisorPaths paths)
    {
        _paths = paths;
        Client = new NestvisorClient(paths);
    }

    /// <summary>The client.</summary>
    public NestvisorClient Client { get; }

    /// <summary>Grows with each change this process makes, so that objects know that they are out of date.</summary>
    public int Generation => Volatile.Read(ref _generation);

    /// <summary>The session with the service that the environment names now; scripts may change it.</summary>
    public static ServiceSession Current
    {
        get
        {
            NestvisorPaths paths = NestvisorPaths.FromEnvironment();
            lock (Guard)
            {
                if (s_current is null || s_current._paths != paths)
                {
                    ProgramLocator.StartFolder = ModuleFolder();
                    s_current = new ServiceSession(paths);
                }

                return s_current;
            }
        }
    }

    // In stock PowerShell the running program is pwsh, and Nestvisor's programs lie near the module, whose folder may be a link in the
    // folder that PowerShell looks into.
    private static string ModuleFolder()
    {
        string? folder = Path.GetDirectoryName(typeof(ServiceSession).Assembly.Location);
        return string.IsNullOrEmpty(folder) ? AppContext.BaseDirectory : Directory.ResolveLinkTarget(folder, returnFinalTarget: true)?.FullName ?? folder;
    }

    /// <summary>Something has been changed.</summary>
    public void Touch() => Interlocked.Increment(ref _generation);
}
