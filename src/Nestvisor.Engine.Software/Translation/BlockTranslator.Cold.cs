namespace Nestvisor.Engine.Software.Translation;

/// <summary>Entries, and the code that runs rarely, behind the block's own.</summary>
internal sealed partial class BlockTranslator
{
    private enum ColdKind
    {
        /// <summary>Leaves to have an operation interpreted.</summary>
        Operation,

        /// <summary>The same, where the access checks for others too.</summary>
        SharedOperation,

        /// <summary>Comes back from an interpreted operation where the flags are expected in the host's.</summary>
        Resume,

        /// <summary>Leaves at a way that is not linked.</summary>
        Way,

        /// <summary>A conditional way back, which polls.</summary>
        PolledWay,

        /// <summary>A conditional way to another page.</summary>
        FarWay,
    }

    private struct ColdStub
    {
        public ColdKind Kind;
        public int Step;
        public int Jump;
        public int SecondJump;
        public int Position;
        public uint Exit;
        public long Target;
        public FlagPlace Flags;
        public int Producer;
        public X87Pointers X87;
    }

    private void AddOperationExit(int i, int jump, int secondJump) =>
        _cold.Add(new ColdStub
        {
            Kind = ColdKind.Operation,
            Step = i,
            Jump = jump,
            SecondJump = secondJump,
            Flags = _flags,
            Producer = _producer,
            X87 = _x87,
        });

    private void EmitEntries()
    {
        for (int i = 0; i < _count; i++)
        {
            Result.Uses |= _steps[i].Recipe switch
            {
                Recipe.Vector => ExtendedState.Vectors,
                Recipe.X87 or Recipe.LoadX87Control or Recipe.StoreX87Status => ExtendedState.X87,
                _ => ExtendedState.None,
            };
        }

        _producer = -1;
        switch (FirstUse())
        {
            case FlagPlace.Recomputable:
                Result.EntryByMemory = Result.EntryByFlags = _code.Length;
                _flags = FlagPlace.Host;
                break;
            case FlagPlace.Host:
                Result.EntryByMemory = _code.Length;
                LoadHostFlags();
                Result.EntryByFlags = _code.Length;
                _flags = FlagPlace.Host;
                break;
            default:
                Result.EntryByFlags = _code.Length;
                StoreHostFlags();
                Result.EntryByMemory = _code.Length;
                _flags = FlagPlace.Memory;
                break;
        }

        if ((Result.Uses & ExtendedState.Vectors) != 0)
        {
            EmitLoadIfIdle(Frame.VectorsIdle, _loadVectors);
        }

        if ((Result.Uses & ExtendedState.X87) != 0)
        {
            EmitLoadIfIdle(Frame.X87Idle, _loadX87);
        }
    }

    // A way's displacement changes as long as the block's memory is there; a dropped block's entries are jumps that are not to change.
    private void KeepOffEntries()
    {
        int end = Math.Max(Result.EntryByMemory, Result.EntryByFlags) + TranslationCache.RedirectBytes;
        _code.Write((end - _code.Length) switch
        {
            5 => [0x0F, 0x1F, 0x44, 0, 0], // nop
            4 => [0x0F, 0x1F, 0x40, 0],
            3 => [0x0F, 0x1F, 0],
            2 => [0x66, 0x90],
            1 => [0x90],
            _ => [],
        });
    }

    // Keeps the flags.
    private void EmitLoadIfIdle(int idle, ulong routine)
    {
        _code.OnFrame(false, 0x8B, GuestRegisters.Rcx, idle);
        _code.Write(0xE3, 5); // jrcxz
        _code.Far(0xE8, routine);
    }

    // Where the block wants the flags first: nowhere (Recomputable), if it sets them all before it can be left.
    private FlagPlace FirstUse()
    {
        for (int i = 0; i < _count; i++)
        {
            ref Step step = ref _steps[i];
            if (MayLeave(step))
            {
                return step.Recipe == Recipe.JumpConditional ? FlagPlace.Host : FlagPlace.Memory;
            }

            if (step.NeedsFlags)
            {
                return FlagPlace.Host;
            }

            if (step.SetsAllFlags)
            {
                return FlagPlace.Recomputable;
            }
        }

        return FlagPlace.Memory;
    }

    private static bool MayLeave(in Step step) =>
        step.Recipe is Recipe.None or Recipe.Push or Recipe.Pop or Recipe.Leave or Recipe.Call or Recipe.CallIndirect or Recipe.Return
            or Recipe.Jump or Recipe.JumpIndirect or Recipe.JumpConditional or Recipe.Divide or Recipe.SignedDivide
            or Recipe.PushFlags or Recipe.InterceptCheck or Recipe.SetInterruptFlag or Recipe.ClearInterruptFlag or Recipe.SetAlignmentFlag or Recipe.ReadProtectionKeys
            or Recipe.SystemCall or Recipe.SystemReturn or Recipe.RepeatedStore or Recipe.RepeatedMove
        || (step.Recipe is not (Recipe.LoadAddress or Recipe.Nothing) && HasMemory(step.Instruction));

    private void EmitColdStubs()
    {
        // Stubs may add stubs.
        for (int k = 0; k < _cold.Count; k++)
        {
            ColdStub stub = _cold[k];
            _flags = stub.Flags;
            _producer = stub.Producer;
            switch (stub.Kind)
            {
                case ColdKind.Operation or ColdKind.SharedOperation:
                    LandBoth(stub);
                    SaveFlags();
                    CommitX87Pointers(stub.X87);
                    if (IsShadowed(stub.Step))
                    {
                        CastShadow();
                    }

                    if (stub.Kind == ColdKind.SharedOperation)
                    {
                        EmitSharedExit(stub);
                    }
                    else
                    {
                        EmitExit(ExitSite.Operation, stub.Step);
                    }

                    break;
                case ColdKind.Resume:
                    _resume[stub.Step] = (uint)_code.Length;
                    LoadHostFlags();
                    _code.Land(_code.Jump(), stub.Position);
                    break;
                case ColdKind.Way:
                    EmitWayStub(stub);
                    break;
                case ColdKind.PolledWay:
                    _code.Land(stub.Jump);
                    EmitPoll(out int leave, out int jump);
                    EmitWayStub(stub with { Jump = jump, SecondJump = leave });
                    break;
                case ColdKind.FarWay:
                    _code.Land(stub.Jump);
                    SaveFlags();
                    EmitFarWay(stub.Step, stub.Target);
                    break;
            }
        }
    }

    private void EmitWayStub(in ColdStub stub)
    {
        EdgePlan plan = new()
        {
            Site = ExitSite.Create(stub.Exit, stub.Step, 0),
            Jump = stub.Jump,
            Stub = _code.Length,
            Target = (int)stub.Target,
            FlagsInHost = stub.Flags == FlagPlace.Host,
        };
        LandBoth(stub);
        SaveFlags();
        EmitExit(stub.Exit, stub.Step);
        _edges.Add(plan);
    }

    private void LandBoth(in ColdStub stub)
    {
        _code.Land(stub.Jump);
        if (stub.SecondJump != 0)
        {
            _code.Land(stub.SecondJump);
        }
    }

    private void EmitStaleStubs()
    {
        Result.StaleByFlags = _code.Length;
        StoreHostFlags();
        Result.StaleByMemory = _code.Length;
        EmitExit(ExitSite.Stale, 0);
    }
}
