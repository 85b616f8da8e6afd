using System.Net;
using System.Net.NetworkInformation;

namespace Nestvisor.NetworkCommands;

/// <summary>What Test-NetConnection found.</summary>
public sealed class NetConnectionResults
{
    internal NetConnectionResults(string computerName) => ComputerName = computerName;

    /// <summary>The computer as it was named.</summary>
    public string ComputerName { get; }

    /// <summary>Its address; null if its name has none.</summary>
    public IPAddress? RemoteAddress { get; internal set; }

    /// <summary>Whether its name has an address.</summary>
    public bool NameResolutionSucceeded { get; internal set; }

    /// <summary>The TCP port; null if none was asked for.</summary>
    public uint? RemotePort { get; internal set; }

    /// <summary>Whether the port could be connected to; null if none was asked for.</summary>
    public bool? TcpTestSucceeded { get; internal set; }

    /// <summary>Name of the interface that packets to it leave by.</summary>
    public string InterfaceAlias => NetAdapter?.Name ?? "";

    /// <summary>Number of the interface; 0 if there is none.</summary>
    public uint InterfaceIndex => NetAdapter?.InterfaceIndex ?? 0;

    /// <summary>The interface that packets to it leave by.</summary>
    public NetAdapter? NetAdapter { get; internal set; }

    /// <summary>The address that packets to it come from.</summary>
    public NetIPAddress? SourceAddress { get; internal set; }

    /// <summary>Whether it answered a ping; false too if it was not pinged, since its port could be connected to.</summary>
    public bool PingSucceeded => PingReplyDetails?.Status == IPStatus.Success;

    /// <summary>The answer to the ping; null if there was no ping.</summary>
    public PingReplyDetails? PingReplyDetails { get; internal set; }

    /// <summary>The routers on the way, 0.0.0.0 for one that does not answer; null if they were not asked for.</summary>
    public IReadOnlyList<string>? TraceRoute { get; internal set; }

    /// <summary>Whether what was asked for could be reached.</summary>
    internal bool Succeeded => TcpTestSucceeded ?? PingSucceeded;

    /// <summary>The object with the type name that chooses the view.</summary>
    internal System.Management.Automation.PSObject Wrap()
    {
        System.Management.Automation.PSObject wrapped = new(this);
        wrapped.TypeNames.Insert(0, "NetConnectionResults");
        wrapped.TypeNames.Insert(0, RemotePort is null ? "NetConnectionResults#Ping" : "NetConnectionResults#Tcp");
        return wrapped;
    }
}
