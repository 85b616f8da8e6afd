namespace Nestvisor.Api.Machines;

/// <summary>How far an export or import is.</summary>
public sealed record TransferInfo
{
    /// <summary>Share of the bytes that are copied, 0 to 100.</summary>
    public required int Percent { get; init; }
}
