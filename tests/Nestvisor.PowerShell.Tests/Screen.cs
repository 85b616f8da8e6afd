using System.Management.Automation.Runspaces;

namespace Nestvisor.PowerShell.Tests;

/// <summary>What scripts show, in a PowerShell engine with the module and a screen.</summary>
public sealed class Screen : IDisposable
{
    private readonly ScreenHost _host = new();
    private readonly Runspace _runspace;

    public Screen()
    {
        InitialSessionState state = InitialSessionState.CreateDefault2();
        state.ImportPSModule([Session.Module]);
        _runspace = RunspaceFactory.CreateRunspace(_host, state);
        _runspace.Open();
    }

    /// <summary>What a script that must not fail shows.</summary>
    /// <param name="script">The script.</param>
    /// <param name="width">Columns of the screen.</param>
    public string Show(string script, int width)
    {
        _host.Resize(width);
        using System.Management.Automation.PowerShell shell = System.Management.Automation.PowerShell.Create(_runspace);
        _ = shell.AddScript(script).AddCommand("Out-Default").Invoke();
        Assert.Empty(shell.Streams.Error);
        return _host.Take();
    }

    public void Dispose() => _runspace.Dispose();
}
