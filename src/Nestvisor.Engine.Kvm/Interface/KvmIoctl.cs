namespace Nestvisor.Engine.Kvm.Interface;

/// <summary>Requests of /dev/kvm, its virtual machines and processors (linux/kvm.h).</summary>
internal static class KvmIoctl
{
    // /dev/kvm
    public const uint GetApiVersion = 0xAE00;
    public const uint CreateVm = 0xAE01;
    public const uint GetMsrIndexList = 0xC004AE02;
    public const uint CheckExtension = 0xAE03;
    public const uint GetVcpuMmapSize = 0xAE04;
    public const uint GetSupportedCpuid = 0xC008AE05;

    // virtual machine
    public const uint CreateVcpu = 0xAE41;
    public const uint SetUserMemoryRegion = 0x4020AE46;
    public const uint SetTssAddress = 0xAE47;
    public const uint SetIdentityMapAddress = 0x4008AE48;
    public const uint SetGsiRouting = 0x4008AE6A;
    public const uint IrqFd = 0x4020AE76;
    public const uint IoEventFd = 0x4040AE79;
    public const uint SetClock = 0x4030AE7B;
    public const uint GetClock = 0x8030AE7C;
    public const uint EnableCapability = 0x4068AEA3;
    public const uint SignalMsi = 0x4020AEA5;
    public const uint SetMsrFilter = 0x4188AEC6;

    // virtual processor
    public const uint Run = 0xAE80;
    public const uint GetRegs = 0x8090AE81;
    public const uint SetRegs = 0x4090AE82;
    public const uint GetSregs = 0x8138AE83;
    public const uint SetSregs = 0x4138AE84;
    public const uint Interrupt = 0x4004AE86;
    public const uint GetMsrs = 0xC008AE88;
    public const uint SetMsrs = 0x4008AE89;
    public const uint GetLapic = 0x8400AE8E;
    public const uint SetLapic = 0x4400AE8F;
    public const uint SetCpuid2 = 0x4008AE90;
    public const uint GetMpState = 0x8004AE98;
    public const uint SetMpState = 0x4004AE99;
    public const uint GetVcpuEvents = 0x8040AE9F;
    public const uint SetVcpuEvents = 0x4040AEA0;
    public const uint GetDebugRegs = 0x8080AEA1;
    public const uint SetDebugRegs = 0x4080AEA2;
    public const uint GetTscKhz = 0xAEA3;
    public const uint GetXsave = 0x9000AEA4;
    public const uint SetXsave = 0x5000AEA5;
    public const uint GetXcrs = 0x8188AEA6;
    public const uint SetXcrs = 0x4188AEA7;
    public const uint KvmclockControl = 0xAEAD;
    public const uint GetNestedState = 0xC080AEBE;
    public const uint SetNestedState = 0x4080AEBF;
    public const uint GetStatsFd = 0xAECE;
}
