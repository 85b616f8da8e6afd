namespace Nestvisor.Devices.Pci;

/// <summary>
/// Which addresses have a doorbell. A guest can lay two functions' base addresses over each other, and an engine takes one
/// doorbell an address: the later function is then reached over the bus only.
/// </summary>
internal sealed class DoorbellAddresses
{
    private readonly Lock _lock = new();
    private readonly HashSet<ulong> _taken = [];

    public bool TryTake(ulong address)
    {
        lock (_lock)
        {
            return _taken.Add(address);
        }
    }

    public void Release(ulong address)
    {
        lock (_lock)
        {
            _taken.Remove(address);
        }
    }
}
