using Nestvisor.Api.Machines;

namespace Nestvisor.Management.Machines;

/// <summary>A machine that is there, or one that is planned: both can be asked and changed.</summary>
internal interface IChangeableMachine
{
    /// <summary>The machine as it is now.</summary>
    Task<MachineInfo> DescribeAsync(CancellationToken cancellation);

    /// <summary>Changes the configuration.</summary>
    /// <param name="change">Makes the new configuration of the old one and the machine's state, or throws.</param>
    /// <param name="cancellation">Ends the wait for another operation.</param>
    Task ChangeAsync(Func<MachineConfiguration, MachineState, MachineConfiguration> change, CancellationToken cancellation);
}
