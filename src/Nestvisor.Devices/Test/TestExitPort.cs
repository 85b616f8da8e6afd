namespace Nestvisor.Devices.Test;

/// <summary>kvm-unit-tests' exit device at port F4h: a write of any width ends the run with that code.</summary>
/// <param name="exit">Is told the code, on the writing processor's thread.</param>
internal sealed class TestExitPort(Action<int> exit) : IPortDevice
{
    public void Connect(IDeviceBus bus) => bus.AddPorts(0xF4, 1, this);

    /// <inheritdoc/>
    public uint ReadPort(ushort port, int size) => 0;

    /// <inheritdoc/>
    public void WritePort(ushort port, int size, uint value) => exit((int)value);
}
