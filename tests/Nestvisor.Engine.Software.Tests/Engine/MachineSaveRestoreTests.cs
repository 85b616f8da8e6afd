using Iced.Intel;
using Nestvisor.Devices.Serial;
using Nestvisor.Machine;
using Nestvisor.Machine.Boot;
using Nestvisor.Worker.Tests;
using static Iced.Intel.AssemblerRegisters;

namespace Nestvisor.Engine.Software.Tests.Engine;

/// <summary>A whole machine that moves from one partition to the next at any time ends as one that stayed.</summary>
public sealed class MachineSaveRestoreTests : IDisposable
{
    private const uint Ticks = 20;
    private const uint Rounds = 10_000;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private readonly string _folder = Directory.CreateTempSubdirectory("nestvisor-state").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Machine_MovedManyTimes_EndsWithTheSameDigest()
    {
        string kernel = TestKernel.Write(Path.Combine(_folder, "kernel"), Program);
        uint expected = Run(kernel, moves: 0, seed: 0);
        for (int seed = 1; seed <= 3; seed++)
        {
            Assert.Equal((seed, expected), (seed, Run(kernel, moves: 12, seed)));
        }
    }

    private static uint Run(string kernel, int moves, int seed)
    {
        Random random = new(seed);
        PcMachine machine = Create(kernel);
        try
        {
            machine.Start();
            for (int i = 0; i < moves && !machine.Ended.IsCompleted; i++)
            {
                for (int spins = random.Next(2_000_000); spins > 0 && !machine.Ended.IsCompleted; spins--)
                {
                    Thread.SpinWait(1);
                }

                using MemoryStream state = new();
                try
                {
                    machine.Pause();
                    machine.Save(state);
                }
                catch (InvalidOperationException) when (machine.Ended.IsCompleted)
                {
                    break;
                }

                state.Position = 0;
                PcMachine next = Create(kernel);
                next.Restore(state);
                machine.Dispose();
                machine = next;
                machine.Resume();
            }

            Assert.True(machine.Ended.Wait(s_patience, TestContext.Current.CancellationToken), "The guest did not end.");
            MachineEnd end = machine.Ended.Result;
            Assert.Equal((MachineEndReason.TestExit, null), (end.Reason, end.Message));
            return (uint)end.ExitCode;
        }
        finally
        {
            machine.Dispose();
        }
    }

    private static PcMachine Create(string kernel) => SimpleMachine.Create(
        SoftwarePartition.Create,
        SoftwareProfiles.Amd(1, exposeVirtualizationExtensions: true),
        new BootConfiguration(kernel),
        16 << 20,
        1,
        new NullSerialBackend(),
        [],
        testDevices: true);

    // Ticks of the PIT through the PIC are counted while a digest is computed, with a REP and x87 among it.
    private static void Program(Assembler a)
    {
        const uint Table = 0x20_0000;
        const uint Gdt = 0x20_8000;
        const uint Handler = 0x21_0000;
        const uint Count = 0x22_0000;
        a.mov(esp, 0x8_0000);
        a.mov(__dword_ptr[Gdt + 8], 0x0000_FFFF);
        a.mov(__dword_ptr[Gdt + 12], 0x00CF_9B00);
        a.mov(__dword_ptr[Gdt + 16], 0x0000_FFFF);
        a.mov(__dword_ptr[Gdt + 20], 0x00CF_9300);
        a.mov(__word_ptr[Gdt + 32], 23);
        a.mov(__dword_ptr[Gdt + 34], Gdt);
        a.lgdt(__[Gdt + 32]);
        Label loaded = a.CreateLabel();
        a.push(8);
        a.call(loaded);
        a.Label(ref loaded);
        a.pop(eax);
        a.db(0x83, 0xC0, 6);
        a.push(eax);
        a.db(0xCB);
        a.mov(eax, 0x10);
        a.mov(ss, eax);
        a.mov(ds, eax);
        a.mov(es, eax);
        a.mov(__dword_ptr[Table + (0x20 * 8)], (Handler & 0xFFFF) | (8 << 16));
        a.mov(__dword_ptr[Table + (0x20 * 8) + 4], (Handler & 0xFFFF_0000) | 0x8E00);

        // The handler: inc dword [Count]; push eax; mov al, 20h; out 20h, al; pop eax; iret.
        byte[] handler = [0xFF, 0x05, 0, 0, (byte)(Count >> 16), 0, 0x50, 0xB0, 0x20, 0xE6, 0x20, 0x58, 0xCF];
        for (int i = 0; i < handler.Length; i++)
        {
            a.mov(__byte_ptr[Handler + (uint)i], (uint)handler[i]);
        }

        a.mov(__dword_ptr[Count], 0);
        a.mov(__word_ptr[Count + 16], 0x7FF);
        a.mov(__dword_ptr[Count + 18], Table);
        a.lidt(__[Count + 16]);
        foreach ((byte port, byte value) in (ReadOnlySpan<(byte, byte)>)[
            (0x20, 0x11), (0x21, 0x20), (0x21, 4), (0x21, 1), (0x21, 0xFE), (0xA1, 0xFF), (0x43, 0x34), (0x40, 0x00), (0x40, 0x08)])
        {
            a.mov(al, value);
            a.@out(port, al);
        }

        // What firmware does: the controller's line goes through LINT0.
        a.mov(__dword_ptr[0xFEE0_00F0], 0x1FF);
        a.mov(__dword_ptr[0xFEE0_0350], 0x700);
        a.fninit();
        a.fld1();
        a.fldz();
        a.sti();
        a.mov(ebx, 12345);
        a.mov(ebp, Rounds);
        Label round = a.CreateLabel();
        a.Label(ref round);
        a.imul(ebx, ebx, 0x41C6_4E6D);
        a.add(ebx, 0x3039);
        a.fadd(st0, st1);
        a.mov(esi, 0x10_0000);
        a.mov(edi, 0x30_0000);
        a.mov(ecx, 300);
        a.rep.movsd();
        a.add(ebx, __dword_ptr[edi - 64]);
        a.dec(ebp);
        a.jne(round);
        Label wait = a.CreateLabel();
        a.Label(ref wait);
        a.hlt();
        a.cmp(__dword_ptr[Count], Ticks);
        a.jb(wait);
        a.cli();
        a.fistp(__dword_ptr[Count + 8]);
        a.add(ebx, __dword_ptr[Count + 8]);
        a.mov(eax, ebx);
        a.@out(0xF4, eax);
        TestKernel.Spin(a);
    }
}
