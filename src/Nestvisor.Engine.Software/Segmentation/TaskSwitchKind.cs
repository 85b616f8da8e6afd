namespace Nestvisor.Engine.Software.Segmentation;

/// <summary>What caused a task switch.</summary>
internal enum TaskSwitchKind
{
    Jump,

    /// <summary>CALL, or an event through a task gate: the old task stays busy and is linked to.</summary>
    Call,

    Iret,
}
