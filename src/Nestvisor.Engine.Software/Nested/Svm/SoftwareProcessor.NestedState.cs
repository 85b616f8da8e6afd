using System.Runtime.InteropServices;
using Nestvisor.Engine.Software.Nested.Svm;
using Nestvisor.Virtualization;
using Nestvisor.X64.Svm;

namespace Nestvisor.Engine.Software;

/// <summary>What AMD-V adds to the processor's saved state. Field numbers are never used again.</summary>
internal sealed unsafe partial class SoftwareProcessor
{
    private const ushort NestedStateApicField = 100;
    private const ushort GifField = 1;
    private const ushort GuestModeField = 2;
    private const ushort InitPendingField = 3;
    private const ushort NmiInjectedField = 4;
    private const ushort VmCrField = 5;
    private const ushort HostSaveAreaField = 6;
    private const ushort TscRatioField = 7;
    private const ushort VmcbAddressField = 8;
    private const ushort VmcbImageField = 9;
    private const ushort HostWorldField = 10;
    private const ushort PauseCountField = 11;
    private const ushort LastPauseField = 12;
    private const ushort SmiPendingField = 13;

    private void SaveNested(StateWriter writer)
    {
        writer.Write(GifField, _gif);
        writer.Write(GuestModeField, _inGuestMode);
        writer.Write(InitPendingField, _initPending);
        writer.Write(SmiPendingField, _smiPending);
        writer.Write(VmCrField, _vmCr);
        writer.Write(HostSaveAreaField, _hostSaveArea);
        writer.Write(TscRatioField, _tscRatio);
        if (_inGuestMode)
        {
            writer.Write(NmiInjectedField, _nmiInjected);
            writer.Write(VmcbAddressField, _vmcbAddress);
            writer.Write(VmcbImageField, _vmcb.Image);
            writer.Write(HostWorldField, MemoryMarshal.AsBytes(new ReadOnlySpan<HostWorld>(in _host)));
            writer.Write(PauseCountField, _pausesLeft);
            writer.Write(LastPauseField, _lastPause);
        }
    }

    private void RestoreNested(StateReader reader)
    {
        ResetNested();
        _gif = reader.ReadBoolean(GifField, missing: true);
        _inGuestMode = reader.ReadBoolean(GuestModeField);
        _initPending = reader.ReadBoolean(InitPendingField);
        _smiPending = reader.ReadBoolean(SmiPendingField);
        _vmCr = reader.ReadUInt64(VmCrField);
        _hostSaveArea = reader.ReadUInt64(HostSaveAreaField);
        _tscRatio = reader.ReadUInt64(TscRatioField, RatioOne);
        if (!_inGuestMode)
        {
            return;
        }

        if (!reader.Has(VmcbImageField) || !reader.Has(HostWorldField))
        {
            throw new InvalidDataException("The saved state of a processor in guest mode lacks the control block or its host's state.");
        }

        _nmiInjected = reader.ReadBoolean(NmiInjectedField);
        _vmcbAddress = reader.ReadUInt64(VmcbAddressField);
        reader.ReadBytes(VmcbImageField, _vmcb.Image);
        reader.ReadBytes(HostWorldField, MemoryMarshal.AsBytes(new Span<HostWorld>(ref _host)));
        _pausesLeft = reader.ReadUInt64(PauseCountField);
        _lastPause = reader.ReadUInt64(LastPauseField);
        _asid = _vmcb.UInt32(VmcbOffsets.GuestAsid);
        _nestedPaging = (_vmcb.UInt64(VmcbOffsets.NestedControl) & 1) != 0;
    }
}
