namespace Nestvisor.Devices.Tests.Fakes;

/// <summary>Runs an action once when it is disposed.</summary>
internal sealed class Removal(Action remove) : IDisposable
{
    private Action? _remove = remove;

    public void Dispose() => Interlocked.Exchange(ref _remove, null)?.Invoke();
}
