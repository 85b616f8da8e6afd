namespace Nestvisor.Engine.Software.Tests.Oracle;

/// <summary>
/// Runs one instruction on the host's processor: loads registers, flags and vector state from a context, executes the bytes,
/// stores the state again. Signals of the instruction are recorded by a handler of machine code. One thread at a time.
/// </summary>
internal sealed unsafe partial class NativeRunner
{
    private const int SlotOffset = 0x800;
    private const int LandingOffset = 0x860;
    private const int HandlerOffset = 0xA00;
    private const int ChainOffset = 0xC00;
    private static readonly Lazy<NativeRunner> s_instance = new(() => new NativeRunner());
    private readonly byte* _code;
    private readonly delegate* unmanaged<void> _enter;
    private byte* _epilogue;

    private NativeRunner()
    {
        byte* pages = HostCalls.Map(4 * 4096, HostCalls.ReadWriteExecute);
        Context = (NativeContext*)pages;
        _code = pages + 4096;
        Context->HostMxcsr = 0x1F80;
        LegacySegments.Create(_code);
        _enter = (delegate* unmanaged<void>)EmitEntry();
        EmitLegacy();
        EmitHandler();
        foreach (int signal in HostCalls.Signals)
        {
            // Saved before the handler is in place, for faults of other threads in between.
            ((nint*)(_code + ChainOffset))[signal] = HostCalls.SetHandler(signal, _code + HandlerOffset);
        }
    }

    /// <summary>The runner of this process. Hold it locked while in use.</summary>
    public static NativeRunner Instance => s_instance.Value;

    /// <summary>State before and after.</summary>
    public NativeContext* Context { get; }

    /// <summary>Address of the instruction.</summary>
    public ulong SlotAddress => (ulong)(_code + SlotOffset);

    /// <summary>Where a branch may go.</summary>
    public ulong LandingAddress => (ulong)(_code + LandingOffset);

    /// <summary>Runs an action on a thread that is fit for <see cref="Run"/>; its exception comes back.</summary>
    public static void OnOwnThread(Action<NativeRunner> action)
    {
        NativeRunner runner = Instance;
        System.Runtime.ExceptionServices.ExceptionDispatchInfo? failure = null;
        Thread thread = new(() =>
        {
            HostCalls.EnsureSignalStack();
            HostCalls.BlockSignals();
            try
            {
                lock (runner)
                {
                    action(runner);
                }
            }
            catch (Exception e)
            {
                failure = System.Runtime.ExceptionServices.ExceptionDispatchInfo.Capture(e);
            }
        });
        thread.Start();
        thread.Join();
        failure?.Throw();
    }

    /// <summary>Puts an instruction in place.</summary>
    public void SetInstruction(ReadOnlySpan<byte> bytes) =>
        new CodeWriter(_code + SlotOffset).Bytes(bytes).Jump(_epilogue);

    /// <summary>Executes the instruction.</summary>
    public void Run()
    {
        Context->Signal = 0;
        Context->Landed = 0;
        _enter();
    }

    private byte* EmitEntry()
    {
        NativeContext* c = Context;
        CodeWriter w = new(_code);

        // push rbx, rbp, r12 to r15
        w.Bytes(0x53, 0x55, 0x41, 0x54, 0x41, 0x55, 0x41, 0x56, 0x41, 0x57);
        LoadVectors(w);
        w.Store(4, &c->HostStack);
        w.Absolute([0xFF], 6, &c->FlagsIn).Bytes(0x9D);
        for (int i = 0; i < 16; i++)
        {
            if (i != 4)
            {
                w.Load(i, &c->In[i]);
            }
        }

        LoadGs(w);
        w.Load(0, &c->In[0]).Load(4, &c->In[4]).Jump(_code + SlotOffset);
        if (w.Position > _code + 0x400)
        {
            throw new InvalidOperationException("Entry routine too long");
        }

        _epilogue = _code + 0x400;
        w = new CodeWriter(_epilogue);
        for (int i = 0; i < 16; i++)
        {
            w.Store(i, &c->Out[i]);
        }

        // pushfq; pop [FlagsOut]; cld
        w.Load(4, &c->HostStack).Bytes(0x9C).Absolute([0x8F], 0, &c->FlagsOut).Bytes(0xFC);
        StoreVectors(w);
        w.Bytes(0x31, 0xC0, 0x8E, 0xE8);
        w.Bytes(0x41, 0x5F, 0x41, 0x5E, 0x41, 0x5D, 0x41, 0x5C, 0x5D, 0x5B, 0xC3);

        new CodeWriter(_code + LandingOffset).StoreOne(&c->Landed).Jump(_epilogue);
        return _code;
    }

    // if vector: mov eax,7; xor edx,edx; xrstor64
    private void LoadVectors(CodeWriter w)
    {
        NativeContext* c = Context;
        w.Load(0, &c->UseVector).Bytes(0x85, 0xC0, 0x74, 9 + 7);
        w.Bytes(0xB8, 7, 0, 0, 0, 0x31, 0xD2).Absolute([0x48, 0x0F, 0xAE], 5, (byte*)c + NativeContext.VectorInOffset);
    }

    // if vector: mov eax,7; xor edx,edx; xsave64; fninit; ldmxcsr; vzeroupper
    private void StoreVectors(CodeWriter w)
    {
        NativeContext* c = Context;
        w.Load(0, &c->UseVector).Bytes(0x85, 0xC0, 0x74, 9 + 7 + 2 + 8 + 3);
        w.Bytes(0xB8, 7, 0, 0, 0, 0x31, 0xD2).Absolute([0x48, 0x0F, 0xAE], 4, (byte*)c + NativeContext.VectorOutOffset);
        w.Bytes(0xDB, 0xE3).Absolute([0x0F, 0xAE], 2, &c->HostMxcsr).Bytes(0xC5, 0xF8, 0x77);
    }

    /// <summary>handler(rdi signal, rsi info, rdx context): record and go to the epilogue, or on to the handler before.</summary>
    private void EmitHandler()
    {
        NativeContext* c = Context;
        const int Rip = 168;
        const int Error = 192;
        const int Trap = 200;
        const int Cr2 = 216;
        CodeWriter w = new(_code + HandlerOffset);

        // movzx eax,word [rdx+cs]; cmp eax,33h; jne legacy
        w.Bytes(0x0F, 0xB7, 0x82).Int32(SavedCs).Bytes(0x83, 0xF8, 0x33, 0x0F, 0x85).Int32(_legacyHandler - (w.Position + 4));

        // mov rax,[rdx+rip]; sub rax, slot; cmp rax, landing - slot; jae chain
        w.Bytes(0x48, 0x8B, 0x82).Int32(Rip).Bytes(0x48, 0x2D).Int32((long)SlotAddress);
        w.Bytes(0x48, 0x3D).Int32(LandingOffset - SlotOffset).Bytes(0x0F, 0x83);
        byte* patch = w.Position;
        w.Int32(0).Store(7, &c->Signal);
        foreach ((int offset, nint field) in (ReadOnlySpan<(int, nint)>)[
            (Rip, (nint)(&c->FaultRip)), (Error, (nint)(&c->ErrorCode)), (Trap, (nint)(&c->TrapNumber)), (Cr2, (nint)(&c->Cr2))])
        {
            w.Bytes(0x48, 0x8B, 0x82).Int32(offset).Store(0, (void*)field);
        }

        // mov qword [rdx+rip], epilogue; ret
        w.Bytes(0x48, 0xC7, 0x82).Int32(Rip).Int32((long)_epilogue).Bytes(0xC3);
        *(int*)patch = (int)(w.Position - (patch + 4));

        // chain: mov rax,[chain + rdi*8]; cmp rax,1; ja +1; hlt; jmp rax
        w.Bytes(0x48, 0x8B, 0x04, 0xFD).Int32((long)(_code + ChainOffset)).Bytes(0x48, 0x83, 0xF8, 0x01, 0x77, 0x01, 0xF4, 0xFF, 0xE0);
    }
}
