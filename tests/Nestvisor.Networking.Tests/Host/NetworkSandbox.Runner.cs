using Nestvisor.Networking.Host;

namespace Nestvisor.Networking.Tests.Host;

/// <content>What is run by the code under test.</content>
public sealed partial class NetworkSandbox
{
    /// <summary>Runs programs inside.</summary>
    public ICommandRunner Runner => new CommandRunner([CommandRunner.Find("nsenter"), .. Prefix[1..]]);
}
