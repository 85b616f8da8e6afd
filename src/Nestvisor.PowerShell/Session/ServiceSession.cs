using Nestvisor.Api;
using Nestvisor.Api.Client;
using Nestvisor.Api.Networks;

namespace Microsoft.HyperV.PowerShell.Session;

/// <summary>The connection of this process to the service.</summary>
internal sealed class ServiceSession
{
    private static readonly Lock Guard = new();
    private static ServiceSession? s_current;

    private static readonly TimeSpan Freshness = TimeSpan.FromMilliseconds(50);

    private readonly NestvisorPaths _paths;
    private IReadOnlyList<SwitchInfo> _switches = [];
    private long _switchesReadAt;
    private int _switchesGeneration = -1;
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

    /// <summary>A virtual switch; null if there is none with that identifier.</summary>
    public SwitchInfo? FindSwitch(Guid id)
    {
        lock (Guard)
        {
            // The rows of a table are about the same few switches.
            if (_switchesGeneration != Generation || TimeProvider.System.GetElapsedTime(_switchesReadAt) > Freshness)
            {
                _switchesGeneration = Generation;
                _switches = Client.GetSwitchesAsync().GetAwaiter().GetResult();
                _switchesReadAt = TimeProvider.System.GetTimestamp();
            }

            return _switches.FirstOrDefault(each => each.Id == id);
        }
    }

    /// <summary>Something has been changed.</summary>
    public void Touch() => Interlocked.Increment(ref _generation);
}
