using Nestvisor.Engine.Software.Apic;
using Nestvisor.Virtualization;

namespace Nestvisor.Engine.Software;

/// <summary>A source of messages that go straight to the local APICs.</summary>
internal sealed class SoftwareMessageInterrupt(ApicBus bus) : MessageInterrupt
{
    private readonly Lock _lock = new();
    private MsiMessage _message;
    private bool _configured;

    /// <inheritdoc/>
    public override void Configure(MsiMessage message)
    {
        lock (_lock)
        {
            _message = message;
            _configured = true;
        }
    }

    /// <inheritdoc/>
    public override void Signal()
    {
        MsiMessage message;
        lock (_lock)
        {
            if (!_configured)
            {
                return;
            }

            message = _message;
        }

        bus.Send(message);
    }
}
