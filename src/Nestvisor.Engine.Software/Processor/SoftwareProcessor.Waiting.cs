using Nestvisor.Engine.Software.State;
using Nestvisor.Platform;

namespace Nestvisor.Engine.Software;

/// <summary>
/// How a processor waits: in HLT, in the guest's spin loops, and while another one has the memory for itself. Virtual processors
/// may be more than the host's cores, and one that waits must not keep the one that it waits for off a core.
/// </summary>
internal sealed unsafe partial class SoftwareProcessor
{
    // Less than a wake-up costs on an idle core.
    private const int SpinsBeforeSleep = 200;
    private const int SpinsBeforeRelease = 50;

    // PAUSEs, powers of two: while every processor has a core, others on the host may still want this one; when they have not, the
    // holder of a lock may be waiting for it.
    private const uint PausesBeforeYield = 256;
    private const uint PausesBeforeYieldWhenCrowded = 16;

    private const long AnyTurn = 0;

    private readonly PreciseEvent _released = new();
    private int _waitsForRelease;

    /// <summary>PAUSE: the guest spins.</summary>
    public void Pause()
    {
        uint period = Partition.IsCrowded ? PausesBeforeYieldWhenCrowded : PausesBeforeYield;
        if ((++State->Pauses & (period - 1)) == 0)
        {
            Thread.Yield();
            return;
        }

        Thread.SpinWait(1);
    }

    /// <summary>Makes a processor that is in the guest look at its posts before its next block; one that sleeps sleeps on.</summary>
    public void Nudge() => Volatile.Write(ref State->Attention, 1);

    /// <summary>Waits, outside the guest, while another processor has the memory for itself.</summary>
    public void WaitForRelease() => WaitForTurn(AnyTurn);

    /// <summary>Waits, outside the guest, until a number's turn to have the memory for itself has come.</summary>
    public void WaitForTurn(long turn)
    {
        for (int i = 0; MustWait(turn); i++)
        {
            if (i < SpinsBeforeRelease)
            {
                if (Partition.IsCrowded)
                {
                    Thread.Yield();
                }
                else
                {
                    Thread.SpinWait(10);
                }

                continue;
            }

            // Who ends it looks at the mark after it has ended, and here the end is looked for after the mark is set.
            Interlocked.Exchange(ref _waitsForRelease, 1);
            if (MustWait(turn))
            {
                _released.Wait(-1);
            }

            Volatile.Write(ref _waitsForRelease, 0);
        }
    }

    /// <summary>The memory is everybody's again, or the next one's. Any thread.</summary>
    public void Release()
    {
        if (Volatile.Read(ref _waitsForRelease) != 0)
        {
            _released.Set();
        }
    }

    private bool MustWait(long turn) => turn == AnyTurn ? Partition.IsHeldFor(this) : !Partition.IsTurn(turn);

    // Until there is something to attend to. Spinning before is worth it on a core that no other processor wants.
    private void Sleep(VpState* s)
    {
        LeaveGuest();
        Partition.FallAsleep();
        _occupation = Occupation.None;
        _asleep.Begin();
        for (int i = 0; i < SpinsBeforeSleep && Partition.HasIdleCore && Volatile.Read(ref s->Attention) == 0; i++)
        {
            Thread.SpinWait(10);
        }

        if (Volatile.Read(ref s->Attention) == 0)
        {
            _wake.Wait(-1);
        }

        _asleep.End();
        Partition.WakeUp();
        EnterGuest();
        _occupation = Occupation.Interpreting;
    }
}
