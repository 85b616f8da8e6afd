using Nestvisor.Api.Client;
using Nestvisor.Api.Machines;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Waits longer than the service lets one question wait.</summary>
internal static class MachineWait
{
    /// <summary>The machine when it is in the state, or when the time is over.</summary>
    /// <param name="client">The client.</param>
    /// <param name="id">The machine.</param>
    /// <param name="state">The state to wait for.</param>
    /// <param name="limit">The longest wait; null for no limit.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public static MachineInfo ForState(NestvisorClient client, Guid id, MachineState state, TimeSpan? limit, CancellationToken cancellation)
    {
        long begin = TimeProvider.System.GetTimestamp();
        while (true)
        {
            TimeSpan rest = limit is { } most ? most - TimeProvider.System.GetElapsedTime(begin) : TimeSpan.MaxValue;
            MachineInfo info = client.WaitForStateAsync(id, state, rest > TimeSpan.Zero ? rest : TimeSpan.Zero, cancellation).GetAwaiter().GetResult();
            if (info.State == state || rest <= TimeSpan.Zero)
            {
                return info;
            }
        }
    }
}
