namespace Microsoft.HyperV.PowerShell;

/// <summary>An operation of Hyper-V's commands failed.</summary>
public sealed class VirtualizationException : Exception
{
    /// <summary>Creates the exception.</summary>
    public VirtualizationException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
