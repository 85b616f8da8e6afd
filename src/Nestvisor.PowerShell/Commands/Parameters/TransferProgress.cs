using System.Globalization;
using System.Management.Automation;
using Nestvisor.Api.Client;
using Nestvisor.Api.Errors;

namespace Microsoft.HyperV.PowerShell.Commands;

/// <summary>Waits for an export or import, and shows how far it is.</summary>
internal static class TransferProgress
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    /// <summary>Waits.</summary>
    /// <param name="cmdlet">The command.</param>
    /// <param name="activity">What it does, such as "Exporting L1".</param>
    /// <param name="client">The client.</param>
    /// <param name="transfer">The identifier of the transfer.</param>
    /// <param name="work">The request to the service.</param>
    public static T Await<T>(PSCmdlet cmdlet, string activity, NestvisorClient client, Guid transfer, Task<T> work)
    {
        ProgressRecord record = new(0, activity, "0%");
        bool shown = false;
        while (Task.WhenAny(work, Task.Delay(Interval)).GetAwaiter().GetResult() != work)
        {
            try
            {
                record.PercentComplete = client.GetTransferAsync(transfer).GetAwaiter().GetResult().Percent;
                record.StatusDescription = string.Create(CultureInfo.InvariantCulture, $"{record.PercentComplete}%");
                cmdlet.WriteProgress(record);
                shown = true;
            }
            catch (ApiException)
            {
                // It waits for another operation, or has just ended; its own answer tells.
            }
        }

        if (shown)
        {
            record.RecordType = ProgressRecordType.Completed;
            cmdlet.WriteProgress(record);
        }

        return work.GetAwaiter().GetResult();
    }
}
