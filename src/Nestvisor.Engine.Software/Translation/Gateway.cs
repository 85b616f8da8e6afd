using Nestvisor.Engine.Software.Interpreter.Vector;

namespace Nestvisor.Engine.Software.Translation;

/// <summary>
/// The ways into and out of translated code. They switch to a stack of the processor's own, whose top is its state; the thread's
/// stack pointer waits in the state meanwhile. The engine's GS base, which nothing else in the process uses, holds the address
/// of the inline tables.
/// </summary>
internal sealed class Gateway
{
    // Not Avx.IsSupported, which a program compiled ahead of time answers for the processor it was compiled for.
    private static readonly bool s_wide = (ProvidedFeatures.Leaf1Ecx & (1u << 28)) != 0;

    private readonly CodeBuffer _code;

    private Gateway(CodeBuffer code) => _code = code;

    /// <summary>
    /// Offsets of the entries, by what of <see cref="ExtendedState"/> is loaded first: <c>void enter(VpState*)</c> goes to
    /// <c>VpState.EntryPoint</c>.
    /// </summary>
    public int[] Entries { get; } = new int[4];

    /// <summary>Offset of the routine that loads the vector registers; keeps all others and the flags, but for RCX.</summary>
    public int LoadVectors { get; private set; }

    /// <summary>Offset of the routine that loads the x87 registers; keeps all others and the flags, but for RAX and RCX.</summary>
    public int LoadX87 { get; private set; }

    /// <summary>Offset of the exit, to be called.</summary>
    public int Exit { get; private set; }

    /// <summary>Writes the routines.</summary>
    public static Gateway Emit(CodeBuffer code)
    {
        Gateway gateway = new(code);
        gateway.EmitLoadVectors();
        gateway.EmitLoadX87();
        for (int parts = 0; parts < gateway.Entries.Length; parts++)
        {
            gateway.Entries[parts] = gateway.EmitEntry((ExtendedState)parts);
        }

        gateway.EmitExit();
        return gateway;
    }

    private int Begin()
    {
        while (_code.Length % 16 != 0)
        {
            _code.WriteByte(0xCC);
        }

        return _code.Length;
    }

    private int EmitEntry(ExtendedState parts)
    {
        CodeBuffer c = _code;
        int start = Begin();
        c.Write(0x55, 0x53, 0x41, 0x54, 0x41, 0x55, 0x41, 0x56, 0x41, 0x57); // push rbp, rbx, r12, r13, r14, r15
        c.Memory(true, 0x89, 4, GuestRegisters.Rdi, -1, 0, Frame.HostStack + Frame.Bias);
        c.Memory(true, 0x8D, 4, GuestRegisters.Rdi, -1, 0, Frame.Bias); // lea rsp, [rdi + bias]
        c.Load(GuestRegisters.Rax, Frame.ReadTlb);
        c.Write(0xF3, 0x48, 0x0F, 0xAE, 0xD8); // wrgsbase rax
        MoveGenerals(store: false);
        if ((parts & ExtendedState.Vectors) != 0)
        {
            c.Far(0xE8, c.Origin + (ulong)LoadVectors);
        }

        if ((parts & ExtendedState.X87) != 0)
        {
            c.Far(0xE8, c.Origin + (ulong)LoadX87);
        }

        c.Write(0xFF); // jmp [rsp + EntryPoint]
        c.Write(0xA4, 0x24);
        c.WriteInt32(Frame.EntryPoint);
        return start;
    }

    private void EmitLoadVectors()
    {
        CodeBuffer c = _code;
        LoadVectors = Begin();
        c.Load(GuestRegisters.Rcx, Frame.Vector + 8);
        c.Write(0x0F, 0xAE, 0x51, VectorArea.Mxcsr); // ldmxcsr [rcx + 24]
        MoveVectors(store: false);
        c.OnFrame(false, 0xC7, 0, Frame.VectorsIdle + 8);
        c.WriteInt32(0);
        c.WriteByte(0xC3);
    }

    // XRSTOR and XSAVE of the x87 component alone: they leave the vector registers and MXCSR as they are. The pointers are the guest's,
    // and the host's own never get into the guest's state.
    private void EmitLoadX87()
    {
        CodeBuffer c = _code;
        LoadX87 = Begin();
        c.Store(GuestRegisters.Rdx, Frame.Temporary1 + 8);
        c.Load(GuestRegisters.Rcx, Frame.Vector + 8);
        c.Write(0x0F, 0xB7, 0x41, VectorArea.Fop); // movzx eax, word [rcx + 6]
        c.OnFrame(false, 0x89, GuestRegisters.Rax, Frame.X87Fop + 8);
        c.Write(0x48, 0x8B, 0x41, VectorArea.Fip); // mov rax, [rcx + 8]
        c.Store(GuestRegisters.Rax, Frame.X87Fip + 8);
        c.Write(0x48, 0x8B, 0x41, VectorArea.Fdp);
        c.Store(GuestRegisters.Rax, Frame.X87Fdp + 8);
        c.Write(0x48, 0xC7, 0x81); // mov qword [rcx + 512], 1: the component is in use
        c.WriteInt32(VectorArea.LegacySize);
        c.WriteInt32(1);
        SelectX87();
        c.Write(0x48, 0x0F, 0xAE, 0x29); // xrstor64 [rcx]
        c.OnFrame(false, 0xC7, 0, Frame.X87Idle + 8);
        c.WriteInt32(0);
        c.Load(GuestRegisters.Rdx, Frame.Temporary1 + 8);
        c.WriteByte(0xC3);
    }

    private void SelectX87() => _code.Write(0xB8, 1, 0, 0, 0, 0xBA, 0, 0, 0, 0); // mov eax, 1; mov edx, 0

    private void EmitStoreX87()
    {
        CodeBuffer c = _code;
        c.Load(GuestRegisters.Rcx, Frame.Vector);
        SelectX87();
        c.Write(0x48, 0x0F, 0xAE, 0x21); // xsave64 [rcx]
        c.OnFrame(false, 0x8B, GuestRegisters.Rax, Frame.X87Fop);
        c.Write(0x66, 0x89, 0x41, VectorArea.Fop); // mov [rcx + 6], ax
        c.Load(GuestRegisters.Rax, Frame.X87Fip);
        c.Write(0x48, 0x89, 0x41, VectorArea.Fip);
        c.Load(GuestRegisters.Rax, Frame.X87Fdp);
        c.Write(0x48, 0x89, 0x41, VectorArea.Fdp);
        c.OnFrame(false, 0xC7, 0, Frame.X87Idle);
        c.WriteInt32(1);
        c.Write(0xDB, 0xE3); // fninit
    }

    private void EmitExit()
    {
        CodeBuffer c = _code;
        Exit = Begin();
        c.WriteByte(0x58); // pop rax: where it was called
        c.Store(GuestRegisters.Rax, Frame.ExitPoint);
        MoveGenerals(store: true);
        c.OnFrame(false, 0x83, 7, Frame.VectorsIdle);
        c.WriteByte(0);
        int idle = c.Jump(5); // jne
        c.Load(GuestRegisters.Rcx, Frame.Vector);
        MoveVectors(store: true);
        c.Write(0x0F, 0xAE, 0x59, VectorArea.Mxcsr); // stmxcsr [rcx + 24]
        c.OnFrame(false, 0xC7, 0, Frame.VectorsIdle);
        c.WriteInt32(1);
        c.Write(0x0F); // ldmxcsr [rsp + HostMxcsr]
        c.OnFrame(false, 0xAE, 2, Frame.HostMxcsr);
        if (s_wide)
        {
            c.Write(0xC5, 0xF8, 0x77); // vzeroupper
        }

        c.Land(idle);
        c.OnFrame(false, 0x83, 7, Frame.X87Idle);
        c.WriteByte(0);
        int x87Idle = c.Jump(5);
        EmitStoreX87();
        c.Land(x87Idle);
        c.OnFrame(true, 0x8B, 4, Frame.HostStack); // mov rsp, [rsp + HostStack]
        c.Write(0x41, 0x5F, 0x41, 0x5E, 0x41, 0x5D, 0x41, 0x5C, 0x5B, 0x5D, 0xC3); // pop r15, r14, r13, r12, rbx, rbp; ret
    }

    private void MoveGenerals(bool store)
    {
        for (int guest = 0; guest < 16; guest++)
        {
            int host = GuestRegisters.Host(guest);
            if (host == GuestRegisters.InMemory)
            {
                continue;
            }

            if (store)
            {
                _code.Store(host, Frame.Gpr(guest));
            }
            else
            {
                _code.Load(host, Frame.Gpr(guest));
            }
        }
    }

    private void MoveVectors(bool store)
    {
        for (int number = 0; number < 16; number++)
        {
            int field = 0x81 | ((number & 7) << 3); // [rcx + disp32]
            int low = VectorArea.Xmm + (16 * number);
            byte opcode = (byte)(store ? 0x11 : 0x10);
            if (!s_wide)
            {
                if (number > 7)
                {
                    _code.WriteByte(0x44);
                }

                _code.Write(0x0F, opcode, (byte)field); // movups
                _code.WriteInt32(low);
                continue;
            }

            _code.Write(0xC5, (byte)(number < 8 ? 0xF8 : 0x78), opcode, (byte)field); // vmovups
            _code.WriteInt32(low);

            // vinsertf128 ymm, ymm, [high], 1; vextractf128 [high], ymm, 1
            _code.Write(
                0xC4,
                (byte)((number < 8 ? 0xE0 : 0x60) | 3),
                (byte)(store ? 0x7D : ((~number & 15) << 3) | 5),
                (byte)(store ? 0x19 : 0x18),
                (byte)field);
            _code.WriteInt32(VectorArea.YmmHigh + (16 * number));
            _code.WriteByte(1);
        }
    }
}
