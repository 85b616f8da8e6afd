namespace Nestvisor.Engine.Software.Apic;

/// <summary>Delivery mode of interrupt messages and LVT entries (Intel SDM vol. 3 §11.5.1, §11.6.1).</summary>
internal enum DeliveryMode
{
    Fixed = 0,
    LowestPriority = 1,
    Smi = 2,
    Nmi = 4,
    Init = 5,
    StartUp = 6,
    ExtInt = 7,
}
