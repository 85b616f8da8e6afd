using System.Collections.ObjectModel;
using System.Diagnostics;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using Nestvisor.Api;

namespace Nestvisor.NetworkCommands.Tests;

/// <summary>
/// A PowerShell engine with the modules, and a real service in a network namespace of its own, which the first command starts. The environment
/// names the service; so the tests of this project run one after another.
/// </summary>
public sealed class Session : IDisposable
{
    public static readonly string[] Modules = ["NetNat", "NetAdapter", "NetTCPIP", "DnsClient", "Netsh"];

    private readonly Runspace _runspace;
    private NetworkNamespace? _namespace;

    public Session()
    {
        Environment.SetEnvironmentVariable("POWERSHELL_TELEMETRY_OPTOUT", "1");
        Folder = Directory.CreateTempSubdirectory("nv-").FullName;
        Environment.SetEnvironmentVariable("NESTVISOR_STATE", Path.Combine(Folder, "s"));
        Environment.SetEnvironmentVariable("NESTVISOR_RUNTIME", Path.Combine(Folder, "r"));
        Environment.SetEnvironmentVariable("NESTVISOR_SERVICE", Path.Combine(Folder, "service"));
        InitialSessionState state = InitialSessionState.CreateDefault2();
        state.ImportPSModule([.. Modules.Append("Hyper-V").Select(module => Path.Combine(AppContext.BaseDirectory, "Modules", module))]);
        _runspace = RunspaceFactory.CreateRunspace(state);
        _runspace.Open();
    }

    /// <summary>A folder of the session's own.</summary>
    public string Folder { get; }

    /// <summary>The namespace of the service; the test is skipped, with the reason, where there can be none.</summary>
    internal NetworkNamespace Namespace
    {
        get
        {
            Assert.SkipWhen(NetworkNamespace.Hindrance is not null, NetworkNamespace.Hindrance ?? "");
            if (_namespace is null)
            {
                _namespace = new NetworkNamespace(Folder);
                string service = Path.Combine(Folder, "service");
                File.WriteAllText(service, $"#!/bin/sh\nexec {string.Join(' ', _namespace.Prefix)} '{AppContext.BaseDirectory}/nestvisor-service' \"$@\"\n");
                File.SetUnixFileMode(service, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }

            return _namespace;
        }
    }

    /// <summary>Makes an internal virtual switch, whose port on the host is <c>vEthernet (name)</c>.</summary>
    public void CreateSwitch(string name)
    {
        _ = Namespace;
        _ = Run($"New-VMSwitch -Name {name} -SwitchType Internal");
    }

    /// <summary>Runs a script that must not fail.</summary>
    public Collection<PSObject> Run(string script)
    {
        (Collection<PSObject> output, List<ErrorRecord> errors, _) = RunAll(script);
        Assert.True(errors.Count == 0, $"{script}\n{string.Join('\n', errors)}");
        return output;
    }

    /// <summary>Runs a script and gives its only output, as text.</summary>
    public string Text(string script) => Assert.Single(Run(script))?.ToString() ?? "";

    /// <summary>Runs a script that must fail with one error.</summary>
    public ErrorRecord Fail(string script) => Assert.Single(RunAll(script).Errors);

    /// <summary>Runs a script.</summary>
    public (Collection<PSObject> Output, List<ErrorRecord> Errors, List<string> Warnings) RunAll(string script)
    {
        using System.Management.Automation.PowerShell shell = System.Management.Automation.PowerShell.Create(_runspace);
        Collection<PSObject> output = [];
        List<ErrorRecord> errors = [];
        try
        {
            output = shell.AddScript(script).Invoke();
        }
        catch (RuntimeException error)
        {
            errors.Add(error.ErrorRecord);
        }

        errors.AddRange(shell.Streams.Error);
        return (output, errors, [.. shell.Streams.Warning.Select(warning => warning.Message)]);
    }

    /// <summary>Ends the service; the next command starts another.</summary>
    public void EndService()
    {
        string socket = NestvisorPaths.FromEnvironment().ServiceSocket;
        if (File.Exists(socket))
        {
            EndService(socket);
        }
    }

    /// <summary>Ends the service that listens at a socket.</summary>
    internal static void EndService(string socket)
    {
        using System.Net.Sockets.Socket connection = new(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, default);
        connection.Connect(new System.Net.Sockets.UnixDomainSocketEndPoint(socket));
        using Process service = Process.GetProcessById(UserIdentity.OfPeer(connection).ProcessId);
        service.Kill();
        service.WaitForExit();
    }

    public void Dispose()
    {
        _runspace.Dispose();
        EndService();
        _namespace?.Dispose();
        Directory.Delete(Folder, recursive: true);
    }
}
