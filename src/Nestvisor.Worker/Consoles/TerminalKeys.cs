using Nestvisor.Devices.Serial;

namespace Nestvisor.Worker.Consoles;

/// <summary>Sends what is typed to the guest. On a terminal Ctrl-A x ends the machine and Ctrl-A a sends Ctrl-A.</summary>
internal sealed class TerminalKeys(StreamSerialBackend serial, Action end, bool escapes)
{
    private const byte Escape = 1;

    private readonly Stream _input = Console.OpenStandardInput();
    private bool _escaped;

    /// <summary>Starts to read, on a thread of its own, until the end of the input.</summary>
    public void Start() => new Thread(Run) { IsBackground = true, Name = "terminal" }.Start();

    private void Run()
    {
        byte[] buffer = new byte[256];
        try
        {
            while (_input.Read(buffer) is var count and not 0)
            {
                if (!escapes)
                {
                    serial.Send(buffer.AsSpan(0, count));
                    continue;
                }

                foreach (byte key in buffer.AsSpan(0, count))
                {
                    Handle(key);
                }
            }
        }
        catch (IOException)
        {
            // The terminal has gone; the guest goes on without it.
        }
    }

    private void Handle(byte key)
    {
        if (!_escaped && key == Escape)
        {
            _escaped = true;
            return;
        }

        bool ends = _escaped && (key is (byte)'x' or (byte)'X');
        _escaped = false;
        if (ends)
        {
            end();
        }
        else
        {
            serial.Send([key]);
        }
    }
}
