using System.Management.Automation;
using Nestvisor.NetworkCommands.Netsh;
using Nestvisor.NetworkCommands.Support;

namespace Nestvisor.NetworkCommands.Commands;

/// <summary>Invoke-Netsh: does what the program netsh of Windows does with addresses and DNS servers; its name is netsh.</summary>
/// <remarks>
/// Of netsh there are, in the contexts interface ip, interface ipv4 and interface ipv6: add, set, delete and show dnsservers; add, set and delete address.
/// Words may be shortened, and case does not matter. All else is refused by name.
/// </remarks>
/// <example>
/// The line of the page on nested virtualization, with a server's address.
/// <code>netsh interface ip add dnsserver "vEthernet (VmNat)" address=9.9.9.9</code>
/// </example>
[Cmdlet(VerbsLifecycle.Invoke, "Netsh")]
[Alias("netsh")]
[OutputType(typeof(string))]
public sealed class InvokeNetsh : NetworkCmdlet
{
    /// <summary>The words of the command line.</summary>
    [Parameter(Position = 0, ValueFromRemainingArguments = true)]
    [AllowEmptyCollection]
    [AllowEmptyString]
    public string[] Arguments { get; set; } = [];

    /// <inheritdoc/>
    private protected override string CimClass => "netsh";

    /// <inheritdoc/>
    private protected override void Process()
    {
        NetworkState state = LoadState();
        NetshCommands commands = new(state, new HostAdapterChange(Client, Warn, Cancellation), text => WriteObject(text), WriteWarning);
        commands.Run(NetshLine.Parse(Arguments));
    }
}
