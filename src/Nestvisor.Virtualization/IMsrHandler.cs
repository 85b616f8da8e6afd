namespace Nestvisor.Virtualization;

/// <summary>Synthetic MSRs that the machine implements for both engines.</summary>
public interface IMsrHandler
{
    /// <summary>Reads an MSR.</summary>
    /// <param name="processor">Number of the processor.</param>
    /// <param name="msr">MSR number.</param>
    /// <param name="value">Its value.</param>
    /// <returns>False for #GP.</returns>
    bool TryRead(int processor, uint msr, out ulong value);

    /// <summary>Writes an MSR.</summary>
    /// <param name="processor">Number of the processor.</param>
    /// <param name="msr">MSR number.</param>
    /// <param name="value">The new value.</param>
    /// <returns>False for #GP.</returns>
    bool TryWrite(int processor, uint msr, ulong value);
}
