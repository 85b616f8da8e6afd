namespace Nestvisor.Engine.Software.Paging;

/// <summary>How a page walk ended.</summary>
internal enum WalkOutcome
{
    Translated,

    /// <summary>The walked tables deny the access: <see cref="PageWalk.Error"/>.</summary>
    Fault,

    /// <summary>A table of the guest is not reachable through the nested tables.</summary>
    NestedFault,
}
