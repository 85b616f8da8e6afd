namespace Nestvisor.Virtualization;

/// <summary>Why <see cref="VirtualProcessor.Run"/> came back.</summary>
public enum RunResult
{
    /// <summary>A stop was asked for with <see cref="VirtualProcessor.RequestStop"/>.</summary>
    Stopped,

    /// <summary>The processor entered the shutdown state (triple fault; Intel SDM vol. 3 §6.15).</summary>
    Shutdown,

    /// <summary>The engine met a state that it cannot go on from; <see cref="VirtualProcessor.FailureReason"/> says which.</summary>
    InternalError,
}
