using System.Globalization;
using System.Text;
using Iced.Intel;
using Nestvisor.Engine.Software.Blocks;
using Nestvisor.Engine.Software.Translation;
using Decoder = Iced.Intel.Decoder;

namespace Nestvisor.Engine.Software.Inspection;

/// <summary>
/// A file with each block that is translated: its guest code, and its native code as it was made, before ways were linked or
/// redirected.
/// </summary>
internal sealed unsafe class TranslationDump : IDisposable
{
    /// <summary>The most bytes of the file.</summary>
    public const long Limit = 512 << 20;

    // Columns for an instruction's bytes; longer ones push the text to the right.
    private const int ByteColumns = -20;

    private readonly BoundedFile? _file;
    private readonly Decoder[] _guest;
    private readonly Decoder _native;
    private readonly GuestCodeReader _reader = new();
    private readonly StringBuilder _text = new();
    private readonly StringOutput _line = new();
    private readonly NasmFormatter _formatter = new(new FormatterOptions
    {
        HexPrefix = "0x",
        HexSuffix = "",
        UppercaseHex = false,
        SpaceAfterOperandSeparator = true,
        BranchLeadingZeros = false,
        RipRelativeAddresses = true,
        ShowBranchSize = false,
    });

    private long _blocks;

    /// <summary>Opens the file and writes its head.</summary>
    /// <param name="path">Its path; one that exists is overwritten.</param>
    /// <param name="options">How guest code is to be read.</param>
    /// <param name="limit">The most bytes of it.</param>
    public TranslationDump(string path, DecoderOptions options, long limit = Limit)
        : this(options)
    {
        _file = new BoundedFile(
            path,
            fresh: false,
            limit,
            string.Create(CultureInfo.InvariantCulture, $"; The limit of {limit} bytes is reached: later translations are not here."));
        WriteHead();
        Finish();
    }

    private TranslationDump(DecoderOptions options)
    {
        _guest = [Decoder.Create(16, _reader, options), Decoder.Create(32, _reader, options), Decoder.Create(64, _reader, options)];
        _native = Decoder.Create(64, _reader);
    }

    /// <summary>What the file would get for one block, with the head.</summary>
    public static string Show(TranslationCache cache, Block* block, ReadOnlySpan<byte> bytes, int processor, DecoderOptions options)
    {
        using TranslationDump dump = new(options);
        dump.WriteHead();
        dump.Write(cache, block, bytes, processor);
        return dump._text.ToString();
    }

    /// <summary>Writes a block down.</summary>
    /// <param name="cache">The cache that holds its native code.</param>
    /// <param name="block">The block, with its native code.</param>
    /// <param name="bytes">Its guest code.</param>
    /// <param name="processor">Number of the processor.</param>
    public void Add(TranslationCache cache, Block* block, ReadOnlySpan<byte> bytes, int processor)
    {
        if (_file!.IsFull)
        {
            return;
        }

        Write(cache, block, bytes, processor);
        Finish();
    }

    /// <inheritdoc/>
    public void Dispose() => _file?.Dispose();

    private void Write(TranslationCache cache, Block* block, ReadOnlySpan<byte> bytes, int processor)
    {
        TranslatedBlock* native = block->Translation;
        BlockMode mode = new(block->Mode);
        Append($"block {_blocks++}, processor {processor}: {BlockName.Of(block->Physical, mode)}, mode {mode.Value:x}, ");
        Append($"{block->Count} operations, {bytes.Length} bytes, native {native->Bytes} bytes\n");
        _text.Append("  guest\n");
        WriteGuest(block, bytes, mode);
        _text.Append("  native\n");
        WriteNative(cache, native);
        _text.Append('\n');
    }

    private void WriteHead()
    {
        _text.Append("; Translations of the software engine. Guest addresses are L1's physical ones, native ones are the worker's.\n");
        _text.Append("; Guest registers in native code:");
        for (int guest = 0; guest < 16; guest++)
        {
            int host = GuestRegisters.Host(guest);
            string place = host == GuestRegisters.InMemory ? "in memory" : Name(host);
            Append($" {Name(guest)}={place}{(guest < 15 ? "," : "\n")}");
        }

        Append($"; rsp points {Frame.Bias} bytes into VpState, gs holds the inline tables, rax and rcx are scratch.\n\n");

        static string Name(int register) => (Register.RAX + register).ToString().ToLowerInvariant();
    }

    private void WriteGuest(Block* block, ReadOnlySpan<byte> bytes, BlockMode mode)
    {
        Decoder decoder = _guest[mode.Bitness >> 5];
        fixed (byte* start = bytes)
        {
            _reader.Set(start, bytes.Length);
            decoder.IP = block->Physical;
            int at = 0;
            while (at < bytes.Length)
            {
                decoder.Decode(out Instruction instruction);
                WriteInstruction(instruction, bytes.Slice(at, instruction.Length), "\n");
                at += instruction.Length;
            }
        }
    }

    private void WriteNative(TranslationCache cache, TranslatedBlock* native)
    {
        ReadOnlySpan<byte> code = new(native->Code, native->Bytes);
        ulong exit = (ulong)cache.At((uint)cache.Gateway.Exit);
        int at = 0;
        while (at < code.Length)
        {
            WriteLabels(cache, native, native->Code + at);
            _reader.Set(native->Code + at, code.Length - at);
            _native.IP = (ulong)(native->Code + at);
            _native.Decode(out Instruction instruction);
            ReadOnlySpan<byte> bytes = code.Slice(at, instruction.Length);
            at += instruction.Length;
            if (instruction.Code == Code.Call_rel32_64)
            {
                WriteInstruction(instruction, bytes, "");
                WriteCall(cache, instruction.NearBranchTarget);
                if (instruction.NearBranchTarget == exit && at + sizeof(uint) <= code.Length)
                {
                    WriteExit(native->Code + at);
                    at += sizeof(uint);
                }
            }
            else
            {
                WriteInstruction(instruction, bytes, "\n");
            }
        }
    }

    private void WriteLabels(TranslationCache cache, TranslatedBlock* native, byte* address)
    {
        Label(native->EntryByMemory, "entry, flags in memory");
        Label(native->EntryByFlags, "entry, flags in the host's");
        Label(native->StaleByMemory, "changed code, flags in memory");
        Label(native->StaleByFlags, "changed code, flags in the host's");
        for (int i = 0; i < native->EdgeCount; i++)
        {
            Label(native->Edges[i].Stub, native->Edges[i].Site.Kind == ExitSite.Taken ? "taken, not linked" : "next, not linked");
        }

        for (int i = 0; i < native->Block->Count; i++)
        {
            if (native->Resume[i] != 0)
            {
                Label(cache.At(native->Resume[i]), "operation ", i);
            }
        }

        void Label(byte* place, string name, int number = -1)
        {
            if (place == address)
            {
                Append($"  .{name}{(number < 0 ? "" : number.ToString(CultureInfo.InvariantCulture))}:\n");
            }
        }
    }

    private void WriteCall(TranslationCache cache, ulong target)
    {
        Gateway gateway = cache.Gateway;
        uint offset = (uint)(target - (ulong)cache.At(0));
        string name = offset == (uint)gateway.Exit ? "exit"
            : offset == (uint)gateway.LoadVectors ? "load vectors"
            : offset == (uint)gateway.LoadX87 ? "load x87"
            : "?";
        Append($" ; gateway {name}\n");
    }

    // The four bytes behind a call of the exit routine, which does not come back.
    private void WriteExit(byte* address)
    {
        ExitSite site = new(*(uint*)address);
        string kind = site.Kind switch
        {
            ExitSite.Operation => string.Create(CultureInfo.InvariantCulture, $"operation {site.Index} is interpreted"),
            ExitSite.Taken => "taken",
            ExitSite.Next => "next",
            _ => "changed code",
        };
        Append($"    {(ulong)address:x12}  {"",ByteColumns}  dd 0x{site.Value:x} ; {kind}\n");
    }

    private void WriteInstruction(in Instruction instruction, ReadOnlySpan<byte> bytes, string end)
    {
        _line.Reset();
        _formatter.Format(instruction, _line);
        Append($"    {instruction.IP:x12}  {Convert.ToHexStringLower(bytes),ByteColumns}  {_line.ToString()}{end}");
    }

    private void Append(FormattableString text) => _text.Append(text.ToString(CultureInfo.InvariantCulture));

    private void Finish()
    {
        _file!.Write(Encoding.UTF8.GetBytes(_text.ToString()));
        _text.Clear();
    }
}
