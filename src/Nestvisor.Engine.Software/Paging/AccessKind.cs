namespace Nestvisor.Engine.Software.Paging;

/// <summary>What memory is reached for.</summary>
internal enum AccessKind
{
    Read = 0,
    Write = 1,
    Fetch = 2,
}
